import { afterAll, expect, it } from 'vitest';
import { cpuSeconds } from '../../bench/lib/cluster.ts';
import { signIn } from '../support/api.ts';
import { addSlave, freePort, untilOnline } from '../support/cluster.ts';
import { eventually } from '../support/eventually.ts';
import { closeAll, startMaster, tempFolder } from '../support/programs.ts';

afterAll(closeAll);

it('B9 a slave whose master has a name that nobody knows waits without hurry, and is back when the name is right', async () => {
  const listen = `127.0.0.1:${await freePort()}`;
  const dataPath = await tempFolder('master');
  const start = (url: string) =>
    startMaster({
      dataPath,
      listen,
      embeddedNode: false,
      env: {
        LONGSHORE_SITE_PUBLIC_URL: url,
        LONGSHORE_SITE_INTERNAL_URL: url,
        LONGSHORE_MASTER_HEARTBEAT_INTERVAL: '0.5',
      },
    });
  const right = `http://${listen}`;
  const first = await start(right);
  const admin = await signIn(right);
  const slave = await addSlave(admin, { name: 'anna' });
  await first.stop();

  const wrong = await start('http://no-such-host.invalid:5212');
  const user = await signIn(right);
  const node = await eventually('the name is told', async () => {
    const found = await user.node('anna');
    return found.health === 'offline' && found.lastError !== null && found;
  });
  expect(node.lastError).toMatchObject({ code: 'CALLBACK_FAILED' });
  expect(node.lastError?.message).toContain('http://no-such-host.invalid:5212');
  const before = cpuSeconds(slave.program.child.pid);
  const startMs = performance.now();
  await eventually('some heartbeats have failed', async () => {
    const { lastHeartbeatAgeMs } = await user.node('anna');
    return lastHeartbeatAgeMs !== null && lastHeartbeatAgeMs > (node.lastHeartbeatAgeMs ?? 0) + 4_000;
  });
  const seconds = (performance.now() - startMs) / 1000;
  expect((cpuSeconds(slave.program.child.pid) - before) / seconds).toBeLessThan(0.3);
  expect(slave.program.child.exitCode).toBeNull();
  await wrong.stop();

  await start(right);
  await untilOnline(await signIn(right), 'anna');
});
