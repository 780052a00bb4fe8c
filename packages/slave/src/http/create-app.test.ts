import { headers } from '@longshore/protocol';
import { signingKey, signRequest } from '@longshore/protocol/server';
import { createPeerClient, systemClock } from '@longshore/runtime';
import { expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { fakeSecret } from '../testing/fake-master.ts';
import { startTestSlave } from '../testing/start-test-slave.ts';

const key = signingKey(fakeSecret);

function signed(
  url: string,
  path: string,
  body: string,
  change: Partial<Parameters<typeof signRequest>[0]> = {},
) {
  const bytes = Buffer.from(body);
  const request = {
    key,
    method: 'POST',
    target: path,
    body: bytes,
    requestId: 'r-1',
    nowMs: Date.now(),
    ttlSeconds: 60,
  };
  const { headers: signature } = signRequest({ ...request, ...change });
  return () => fetch(url + path, { method: 'POST', headers: signature, body: bytes });
}

const codeOf = async (response: Response): Promise<[number, string]> => {
  const { error } = (await response.json()) as { error: { code: string; requestId: string } };
  expect(error.requestId).not.toBe('');
  return [response.status, error.code];
};

test('healthz answers anybody and says nothing', async () => {
  const { url } = await startTestSlave();
  const response = await fetch(`${url}/healthz`);
  expect([response.status, await response.json()]).toEqual([200, { ok: true }]);
});

test('P1: a request that is not signed, or with another secret, or changed on the way, is refused', async () => {
  const { url } = await startTestSlave();
  const path = '/slave/v1/hello';
  const version = { [headers.protocol]: '1.0', [headers.version]: '0.1.0' };
  expect(await codeOf(await fetch(url + path, { method: 'POST', headers: version }))).toEqual([
    401,
    'SIGNATURE_MISSING',
  ]);
  const stranger = { key: signingKey('another-secret-0123456789') };
  expect(await codeOf(await signed(url, path, '{}', stranger)())).toEqual([401, 'KEY_UNKNOWN']);
  const forged = { key: { keyId: key.keyId, secret: 'another-secret-0123456789' } };
  expect(await codeOf(await signed(url, path, '{}', forged)())).toEqual([401, 'SIGNATURE_INVALID']);
  const elsewhere = { target: '/slave/v1/attempts' };
  expect(await codeOf(await signed(url, path, '{}', elsewhere)())).toEqual([401, 'SIGNATURE_INVALID']);
  const otherBody = { body: Buffer.from('{ }') };
  expect(await codeOf(await signed(url, path, '{}', otherBody)())).toEqual([400, 'DIGEST_MISMATCH']);
});

test('P2: the same signed request is refused the second time', async () => {
  const { url } = await startTestSlave();
  const send = signed(url, '/slave/v1/hello', '{}');
  expect(await codeOf(await send())).toEqual([400, 'BAD_REQUEST']);
  expect(await codeOf(await send())).toEqual([401, 'REPLAYED']);
});

test('P3: a clock that is wrong is refused with both clocks', async () => {
  const { url } = await startTestSlave();
  const response = await signed(url, '/slave/v1/hello', '{}', { nowMs: Date.now() - 600_000 })();
  const { error } = (await response.json()) as { error: { code: string; details: Record<string, number> } };
  expect(error.code).toBe('CLOCK_SKEW');
  expect(Math.round((error.details.skewMs ?? 0) / 1000)).toBeCloseTo(-600, -1);
});

test('P4: another major protocol version is refused by name', async () => {
  const { url } = await startTestSlave();
  const response = await fetch(`${url}/slave/v1/hello`, {
    method: 'POST',
    headers: { [headers.protocol]: '2.0' },
  });
  expect(await codeOf(response)).toEqual([426, 'VERSION_MISMATCH']);
});

test('errors of a request that was understood are signed, so that the master believes them', async () => {
  const { url } = await startTestSlave();
  const peers = createPeerClient({ clock: systemClock, signatureTtlSeconds: 60 });
  onTestFinished(() => peers.close());
  const call = { baseUrl: url, key, response: z.unknown(), requestId: 'r', timeoutMs: 5000 };
  await expect(
    peers.call({ ...call, path: '/slave/v1/attempts', body: { attempts: 'x' } }),
  ).rejects.toMatchObject({
    code: 'BAD_REQUEST',
    message: expect.stringContaining('attempts'),
  });
  await expect(peers.call({ ...call, path: '/slave/v1/nothing', body: {} })).rejects.toMatchObject({
    code: 'NOT_FOUND',
  });
});

test('what is elsewhere is NOT_FOUND', async () => {
  const { url } = await startTestSlave();
  expect(await codeOf(await fetch(`${url}/`))).toEqual([404, 'NOT_FOUND']);
});

test('headers over the limit are refused before anything looks at them', async () => {
  const { url } = await startTestSlave();
  const long = await fetch(`${url}/healthz`, { headers: { 'x-long': 'x'.repeat(20_000) } });
  expect(long.status).toBe(431);
});
