import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Api, addUser, anonymous, api, signIn } from '../support/api.ts';
import { addSlave, type ClusterSlave } from '../support/cluster.ts';
import { eventually } from '../support/eventually.ts';
import { metricValues } from '../support/metric-values.ts';
import { closeAll, type RunningMaster, root, startMaster } from '../support/programs.ts';

const token = 'a-token-for-prometheus-only';
const slaveToken = 'another-token-for-prometheus';

const namesIn = (text: string): Set<string> =>
  new Set(
    [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].flatMap(([, name = '', type]) =>
      type === 'histogram' ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name],
    ),
  );

describe('W6 metrics', () => {
  let master: RunningMaster;
  let admin: Api;
  let user: Api;
  let anna: ClusterSlave;
  const slaveUrl = (): string => `http://127.0.0.1:${anna.program.port}`;
  const read = async (url: string, credential: string): Promise<string> =>
    String(await api(url, credential).call<Buffer>('GET', '/metrics'));

  beforeAll(async () => {
    master = await startMaster({
      embeddedNode: false,
      env: { LONGSHORE_METRICS_TOKEN: token, LONGSHORE_MASTER_HEARTBEAT_INTERVAL: '0.5' },
    });
    admin = await signIn(master.url);
    user = await addUser(admin, 'ada');
    anna = await addSlave(admin, { name: 'anna', env: { LONGSHORE_METRICS_TOKEN: slaveToken } });
    await user.put('/a.bin', randomBytes(200_000));
    for (const destination of ['/a.zip', '/b.zip']) {
      const { id } = await user.submit({ kind: 'create-archive', sources: ['/a.bin'], destination });
      await user.ended(id);
    }
    await user.put('/no.zip', Buffer.from('PK\u0003\u0004 but nothing more'));
    const { id } = await user.submit({ kind: 'extract-archive', source: '/no.zip', destination: '/no' });
    await user.ended(id);
    await user.send('GET', `/api/v1/tasks/${id}`);
    await user.send('GET', '/api/v1/tasks/7f0c4d7e-0000-4000-8000-000000000000');
    await user.send('GET', '/no/such/canary-path');
  });
  afterAll(closeAll);

  it('N4 are for the token and for administrators, and for nobody else', async () => {
    const status = async (who: Api): Promise<number> => (await who.send('GET', '/metrics')).status;
    expect(await status(api(master.url, token))).toBe(200);
    expect(await status(admin)).toBe(200);
    expect(await status(user)).toBe(403);
    expect(await status(anonymous(master.url))).toBe(401);
    expect(await status(api(master.url, `${token}x`))).toBe(401);
    expect((await api(master.url, token).send('GET', '/api/v1/me')).status).toBe(401);
    expect(await status(api(slaveUrl(), slaveToken))).toBe(200);
    expect(await status(anonymous(slaveUrl()))).toBe(401);
    expect(await status(api(slaveUrl(), token))).toBe(401);
  });

  it('of a slave without a token are not there', async () => {
    const berta = await addSlave(admin, { name: 'berta' });
    const url = `http://127.0.0.1:${berta.program.port}`;
    expect((await api(url, 'x'.repeat(20)).send('GET', '/metrics')).status).toBe(404);
  });

  it('of the master count what became of tasks and attempts', async () => {
    const text = await read(master.url, token);
    expect(metricValues(text, 'longshore_tasks_ended_total')).toEqual({
      '{kind="create-archive",state="completed"}': 2,
      '{kind="extract-archive",state="failed"}': 1,
    });
    const attempts = metricValues(text, 'longshore_attempts_ended_total');
    expect(attempts['{node="anna",outcome="completed",code=""}']).toBe(2);
    expect(Object.keys(attempts).filter((labels) => labels.includes('outcome="failed"'))).toHaveLength(1);
    expect(metricValues(text, 'longshore_queue_wait_seconds_count')).toEqual({
      '{capability="create-archive"}': 2,
      '{capability="extract-archive"}': 1,
    });
    expect(metricValues(text, 'longshore_node_up')['{node="anna"}']).toBe(1);
    expect(metricValues(text, 'longshore_database_up')).toEqual({ '': 1 });
    expect(
      metricValues(text, 'longshore_database_transaction_seconds_count')['{outcome="committed"}'],
    ).toBeGreaterThan(5);
  });

  it('name routes by their templates: no id, no name, no path of a request', async () => {
    const text = await read(master.url, token);
    const routes = new Set([...text.matchAll(/route="([^"]*)"/g)].map(([, route]) => route));
    expect(routes).toContain('/api/v1/tasks/:id');
    expect(routes).toContain('/node/v1/reports');
    expect(routes).toContain('/api/v1/uploads');
    expect(text).not.toMatch(/canary|no\.zip|[0-9a-f]{8}-[0-9a-f]{4}/);
    const requests = metricValues(text, 'longshore_http_request_duration_seconds_count');
    expect(requests['{method="GET",route="/api/v1/tasks/:id",status="404"}']).toBe(1);
    const bytes = metricValues(text, 'longshore_http_bytes_total');
    expect(bytes['{route="/api/v1/uploads",direction="in"}']).toBeGreaterThan(200_000);
    expect(bytes['{route="/blobs/v1/:blobId",direction="out"}']).toBeGreaterThan(400_000);
  });

  it('of the slave count tries and bytes', async () => {
    const text = await eventually('everything is acknowledged', async () => {
      const found = await read(slaveUrl(), slaveToken);
      return metricValues(found, 'longshore_slave_outbox_reports')[''] === 0 && found;
    });
    expect(metricValues(text, 'longshore_slave_tries_total')).toMatchObject({
      '{kind="create-archive",outcome="complete",code=""}': 2,
    });
    const bytes = metricValues(text, 'longshore_slave_transfer_bytes_total');
    expect(bytes['{direction="read",way="remote"}']).toBeGreaterThanOrEqual(400_000);
    expect(bytes['{direction="write",way="remote"}']).toBeGreaterThanOrEqual(400_000);
    expect(metricValues(text, 'longshore_slave_attempts')).toEqual({
      '{state="running"}': 0,
      '{state="queued"}': 0,
    });
    expect(metricValues(text, 'longshore_slave_temp_bytes')['{state="free"}']).toBeGreaterThan(0);
  });

  it('are what the dashboard asks for, and what the documentation names', async () => {
    const known = new Set([
      ...namesIn(await read(master.url, token)),
      ...namesIn(await read(slaveUrl(), slaveToken)),
    ]);
    const dashboard = readFileSync(join(root, 'deploy/grafana/longshore.json'), 'utf8');
    const asked = [...dashboard.matchAll(/\b(?:longshore|process|nodejs)_[a-z_]+[a-z]\b/g)].map(
      ([name]) => name,
    );
    expect(asked.length).toBeGreaterThan(30);
    expect(asked.filter((name) => !known.has(name))).toEqual([]);
    const page = readFileSync(join(root, 'docs/observability.md'), 'utf8');
    const described = [...page.matchAll(/\b(?:longshore|process|nodejs)_[a-z_]+[a-z]\b/g)].map(
      ([name]) => name,
    );
    const families = new Set([...known].map((name) => name.replace(/_(bucket|sum|count)$/, '')));
    const wild = (name: string): boolean => name === 'longshore_node';
    expect(described.filter((name) => !families.has(name) && !known.has(name) && !wild(name))).toEqual([]);
  });

  it('hold no secret', async () => {
    for (const text of [await read(master.url, token), await read(slaveUrl(), slaveToken)]) {
      for (const secret of [anna.secret, token, slaveToken, admin.token]) expect(text).not.toContain(secret);
    }
  });
});
