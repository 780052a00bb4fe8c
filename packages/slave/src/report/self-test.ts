import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  AppError,
  CallbackAnswer,
  masterRoutes,
  type SelfTest,
  type SelfTestAnswer,
  toAppError,
  toErrorInfo,
} from '@longshore/protocol';
import type { SigningKey } from '@longshore/protocol/server';
import type { Clock, PeerClient } from '@longshore/runtime';
import { systemCodeOf } from '../errors/system-error.ts';
import { isUnreachable } from './master-link.ts';
import type { ReadVitals } from './node-vitals.ts';

/** Looks at this node itself: can it write its temporary folder, and does it reach the master at each address? */
export function createSelfTest(options: {
  peers: PeerClient;
  readVitals: ReadVitals;
  tempRoot: string;
  clock: Clock;
  timeoutMs: number;
}): (key: SigningKey, test: SelfTest) => Promise<SelfTestAnswer> {
  const { peers, readVitals, tempRoot, clock, timeoutMs } = options;

  async function callBack(key: SigningKey, url: string): Promise<SelfTestAnswer['callbacks'][number]> {
    const startedMs = clock.monotonicMs();
    const call = {
      baseUrl: url.replace(/\/+$/, ''),
      key,
      path: masterRoutes.callback,
      response: CallbackAnswer,
    };
    try {
      const { data, durationMs, skewMs } = await peers.call({
        ...call,
        requestId: crypto.randomUUID(),
        timeoutMs,
      });
      const offMs = Math.round(skewMs);
      const evidence = `the master answered in ${durationMs.toFixed(1)} ms: version ${data.version}, protocol ${data.protocol}, clock ${Math.abs(offMs)} ms ${offMs < 0 ? 'behind' : 'ahead'}`;
      return { url, ok: true, evidence, error: null, durationMs };
    } catch (error) {
      const failure = isUnreachable(error)
        ? new AppError('CALLBACK_FAILED', error.message, { cause: error, details: { reason: error.code } })
        : toAppError(error);
      const durationMs = clock.monotonicMs() - startedMs;
      return { url, ok: false, evidence: failure.message, error: toErrorInfo(failure), durationMs };
    }
  }

  async function tryTemp(): Promise<SelfTestAnswer['temp']> {
    const file = join(tempRoot, `self-test-${crypto.randomUUID()}`);
    const text = 'x'.repeat(4096);
    try {
      await writeFile(file, text);
      if ((await readFile(file, 'utf8')) !== text) throw new Error('what was read is not what was written');
      return { ok: true, evidence: `wrote and read 4096 bytes in ${tempRoot}`, error: null };
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      const isFull = systemCodeOf(cause) === 'ENOSPC' || systemCodeOf(cause) === 'EDQUOT';
      const code = isFull ? 'NO_SPACE' : 'TEMP_NOT_WRITABLE';
      const error = new AppError(code, `${tempRoot} cannot be used: ${reason}`, { cause });
      return { ok: false, evidence: reason, error: toErrorInfo(error) };
    } finally {
      await rm(file, { force: true }).catch(() => undefined);
    }
  }

  return async (key, { masterUrls }) => ({
    vitals: await readVitals(),
    callbacks: await Promise.all(masterUrls.map((url) => callBack(key, url))),
    temp: await tryTemp(),
  });
}
