import { lookup } from 'node:dns/promises';
import { connect as connectTcp } from 'node:net';
import { connect as connectTls } from 'node:tls';
import {
  AppError,
  type ErrorInfo,
  formatProtocolVersion,
  type Hello,
  productVersion,
  protocolVersion,
  type TestStep,
  toAppError,
  toErrorInfo,
} from '@longshore/protocol';
import { toConnectionError } from '@longshore/runtime';
import type { NodeClient, NodePeer } from './node-client.ts';

type StepName = TestStep['step'];
type Evidence = string;

const connectTimeoutMs = 5_000;

/**
 * Examines the way to a node and back, one step after the other, and tells each as soon as it is known. After a
 * failed step the later ones are skipped, as they could only repeat it.
 */
export async function* communicationTest(deps: {
  client: NodeClient;
  peer: NodePeer;
  hello: Hello;
  now: () => number;
}): AsyncGenerator<TestStep> {
  const { client, peer, hello } = deps;
  const url = new URL(peer.url);
  const secure = url.protocol === 'https:';
  const port = Number(url.port === '' ? (secure ? 443 : 80) : url.port);
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const state: { address?: string; greeted?: Awaited<ReturnType<NodeClient['hello']>>; failed: boolean } = {
    failed: false,
  };

  const run = async (step: StepName, work: () => Promise<Evidence>): Promise<TestStep> => {
    if (state.failed) return skipped(step, 'an earlier step failed');
    const startedMs = deps.now();
    try {
      const evidence = await work();
      return { step, status: 'ok', durationMs: deps.now() - startedMs, evidence, error: null };
    } catch (thrown) {
      state.failed = true;
      const error = toErrorInfo(toAppError(thrown, 'NODE_DISCONNECTED'));
      return { step, status: 'failed', durationMs: deps.now() - startedMs, evidence: error.message, error };
    }
  };

  yield run('resolve', async () => {
    const { address } = await lookup(host).catch((cause: unknown) => {
      throw toConnectionError(cause, url.origin);
    });
    state.address = address;
    return `${host} is ${address}`;
  });
  yield run('connect', async () => {
    await connect(state.address ?? host, port, url.origin);
    return `${state.address}, port ${port}`;
  });
  yield secure
    ? run('tls', () => handshake(host, port, url.origin))
    : skipped('tls', 'the address is http: traffic is signed, but not encrypted');

  // One greeting answers four questions; its error tells which of them failed.
  const greeting = state.failed
    ? undefined
    : await client.hello(peer, hello).then(
        (answer) => {
          state.greeted = answer;
          return undefined;
        },
        (thrown: unknown) => toAppError(thrown, 'NODE_DISCONNECTED'),
      );
  const culprit = greeting === undefined ? undefined : stepOf(greeting);
  const answered = (step: StepName, evidence: () => Evidence): Promise<TestStep> =>
    run(step, async () => {
      if (greeting !== undefined && culprit === step) throw greeting;
      return greeting === undefined ? evidence() : 'as far as the answer tells';
    });
  yield answered('slave', () => `answers as Longshore ${state.greeted?.data.vitals.version}`);
  yield answered('version', () => {
    const ours = `${formatProtocolVersion(protocolVersion)} (Longshore ${productVersion})`;
    const vitals = state.greeted?.data.vitals;
    return `Master: ${ours}, Slave: ${vitals?.protocol} (Longshore ${vitals?.version})`;
  });
  yield answered('clock', () => `the node's clock differs by ${Math.round(state.greeted?.skewMs ?? 0)} ms`);
  yield answered('signature', () => `signed both ways with key ${peer.key.keyId}`);

  const self = state.failed
    ? undefined
    : await client.selfTest(peer, hello.masterUrls).catch((thrown: unknown) => toAppError(thrown));
  const finding = (step: StepName, found: () => { ok: boolean; evidence: string; error: ErrorInfo | null }) =>
    run(step, async () => {
      if (self instanceof AppError) throw self;
      const { ok, evidence, error } = found();
      if (!ok)
        throw new AppError(
          step === 'temp' ? 'TEMP_NOT_WRITABLE' : 'CALLBACK_FAILED',
          error?.message ?? evidence,
        );
      return evidence;
    });
  yield finding('callback', () => {
    const callbacks = self instanceof AppError || self === undefined ? [] : self.data.callbacks;
    const evidence = callbacks.map((callback) => `${callback.url}: ${callback.evidence}`).join('; ');
    const ok = callbacks.some((callback) => callback.ok);
    return { ok, evidence, error: null };
  });
  yield finding('temp', () =>
    self instanceof AppError || self === undefined
      ? { ok: false, evidence: 'the node did not look', error: null }
      : self.data.temp,
  );
}

const skipped = (step: StepName, why: string): TestStep => ({
  step,
  status: 'skipped',
  durationMs: 0,
  evidence: why,
  error: null,
});

/** Which step of the test an error of the greeting belongs to. */
function stepOf(error: AppError): StepName {
  switch (error.code) {
    case 'VERSION_MISMATCH':
      return 'version';
    case 'CLOCK_SKEW':
      return 'clock';
    case 'SIGNATURE_MISSING':
    case 'SIGNATURE_INVALID':
    case 'SIGNATURE_EXPIRED':
    case 'KEY_UNKNOWN':
    case 'REPLAYED':
    case 'DIGEST_MISMATCH':
      return 'signature';
    default:
      return 'slave';
  }
}

function connect(address: string, port: number, origin: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const socket = connectTcp({ host: address, port, timeout: connectTimeoutMs });
  socket.once('connect', () => resolve());
  socket.once('timeout', () =>
    reject(new AppError('NODE_TIMEOUT', `${origin}: no answer in ${connectTimeoutMs} ms`)),
  );
  socket.once('error', (cause) => reject(toConnectionError(cause, origin)));
  return promise.finally(() => socket.destroy());
}

function handshake(host: string, port: number, origin: string): Promise<Evidence> {
  const { promise, resolve, reject } = Promise.withResolvers<Evidence>();
  const socket = connectTls({ host, port, servername: host, timeout: connectTimeoutMs });
  socket.once('secureConnect', () => {
    const until = socket.getPeerCertificate().valid_to;
    resolve(`${socket.getProtocol()}, certificate valid until ${until}`);
  });
  socket.once('timeout', () =>
    reject(new AppError('NODE_TIMEOUT', `${origin}: no TLS answer in ${connectTimeoutMs} ms`)),
  );
  socket.once('error', (cause) => {
    const error = toConnectionError(cause, origin);
    reject(error.code === 'NODE_DISCONNECTED' ? new AppError('NODE_TLS', error.message, { cause }) : error);
  });
  return promise.finally(() => socket.destroy());
}
