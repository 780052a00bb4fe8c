import { isIP } from 'node:net';
import {
  AppError,
  type Evidence,
  fromErrorInfo,
  type SelfTestAnswer,
  TestStep,
  toAppError,
  toErrorInfo,
} from '@longshore/protocol';
import type { NodeClient } from '../node-client.ts';
import { connect, handshake, resolveHost } from './connection.ts';
import { findMaster } from './find-master.ts';
import { describeGreeting, passedBefore } from './greeting-evidence.ts';
import type { NodeUnderTest } from './node-under-test.ts';
import { preflight } from './preflight.ts';
import type { Seen } from './seen.ts';

type StepName = TestStep['step'];

const stepNames = TestStep.shape.step.options;

/** Since this minor version a slave looks at itself without calling back. */
const callbacksOptionalMinor = 1;

/** Below this a temporary folder is called nearly full. */
const lowSpaceBytes = 1024 ** 3;

/**
 * Examines the way to a node and back, and tells each step as soon as it is known. The steps up to the clock build on
 * each other: after a failed one the later ones are skipped, as they could only repeat it. The rest are independent.
 * Nothing is changed at the node: it is asked to look at itself, not greeted.
 */
export async function* communicationTest(deps: {
  client: Pick<NodeClient, 'selfTest'>;
  node: NodeUnderTest;
  /** Where the browser of the person at the console has its pages from. */
  browserOrigin: string;
  maxSkewMs: number;
  now: () => number;
}): AsyncGenerator<TestStep> {
  const { client, node, maxSkewMs } = deps;
  const { peer } = node;
  const run = (step: StepName, work: () => Promise<Seen>): Promise<TestStep> => runStep(step, deps.now, work);

  const url = new URL(peer.url);
  const secure = url.protocol === 'https:';
  const target = {
    origin: url.origin,
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: Number(url.port === '' ? (secure ? 443 : 80) : url.port),
  };
  let addresses: readonly string[] = [];
  let address = target.host;
  const wayThere: [StepName, () => Promise<Seen>][] = [
    [
      'resolve',
      async () => {
        addresses = await resolveHost(target);
        const { host } = target;
        if (isIP(host) === 0) {
          const seen: Evidence = { kind: 'resolved', host, addresses: [...addresses] };
          return { evidence: `${host} is ${addresses.join(' and ')}`, seen };
        }
        return {
          evidence: `${host} is an address, there is no name to look up`,
          seen: { kind: 'is-address', host },
        };
      },
    ],
    [
      'connect',
      async () => {
        const found = await connect(target, addresses);
        address = found.address;
        return found;
      },
    ],
  ];
  if (secure) wayThere.push(['tls', () => handshake(target, address)]);
  for (const [name, work] of wayThere) {
    const step = await run(name, work);
    yield step;
    if (step.status === 'failed') return yield* skipAfter(name, earlierFailed);
  }
  if (!secure) {
    const evidence = 'the address is http: traffic is signed, but not encrypted';
    yield skipped('tls', { evidence, seen: { kind: 'plain-http' } });
  }

  const greetedMs = deps.now();
  const quick = peer.minor < callbacksOptionalMinor ? [...node.masterUrls] : [];
  const greeting = await client.selfTest(peer, quick).catch(async (thrown: unknown) => {
    const error = toAppError(thrown);
    // The version of one that is not registered is not known before.
    if (error.code === 'BAD_REQUEST' && quick.length === 0) {
      return await client.selfTest(peer, [...node.masterUrls]).catch((again: unknown) => toAppError(again));
    }
    const isStranger = error.code === 'NODE_NOT_A_SLAVE';
    return (isStranger ? await findMaster(url.origin) : undefined) ?? error;
  });
  for (const name of ['slave', 'version', 'signature', 'clock'] as const) {
    if (name === 'signature' && !node.secretGiven) {
      return yield* skipAfter('version', {
        evidence: 'no secret was given to speak with',
        seen: { kind: 'no-secret' },
      });
    }
    const step = await run(name, async () => {
      if (!(greeting instanceof AppError)) return describeGreeting(name, greeting, peer, maxSkewMs);
      if (stepOf(greeting) === name) throw greeting;
      return passedBefore(greeting)[name];
    });
    yield name === 'slave' ? { ...step, durationMs: deps.now() - greetedMs } : step;
    if (step.status === 'failed') return yield* skipAfter(name, earlierFailed);
  }
  if (greeting instanceof AppError) return;

  yield* callbackSteps(deps);
  yield run('temp', async () => describeTemp(greeting.data));
  yield corsStep(deps);
}

async function runStep(step: StepName, now: () => number, work: () => Promise<Seen>): Promise<TestStep> {
  const startedMs = now();
  try {
    const { evidence, seen, warning } = await work();
    const error = warning === undefined ? null : toErrorInfo(warning);
    const status = warning === undefined ? 'ok' : 'warning';
    return { step, status, durationMs: now() - startedMs, evidence, seen, error };
  } catch (thrown) {
    const error = toErrorInfo(toAppError(thrown, 'NODE_DISCONNECTED'));
    const durationMs = now() - startedMs;
    return { step, status: 'failed', durationMs, evidence: error.message, seen: null, error };
  }
}

const skipped = (step: StepName, why: Omit<Seen, 'warning'>): TestStep => ({
  step,
  status: 'skipped',
  durationMs: 0,
  ...why,
  error: null,
});

const earlierFailed: Seen = { evidence: 'an earlier step failed', seen: { kind: 'earlier-step-failed' } };

function* skipAfter(last: StepName, why: Seen): Generator<TestStep> {
  for (const step of stepNames.slice(stepNames.indexOf(last) + 1)) yield skipped(step, why);
}

/** Which step an error of the first signed request belongs to. */
function stepOf(error: AppError): 'slave' | 'version' | 'signature' | 'clock' {
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

/** One step for each address of the master. One that is not reached is no failure while another is. */
async function* callbackSteps(deps: Parameters<typeof communicationTest>[0]): AsyncGenerator<TestStep> {
  const { client, node } = deps;
  const steps = await Promise.all(
    node.masterUrls.map((url) =>
      runStep('callback', deps.now, async () => {
        const { data } = await client.selfTest(node.peer, [url]);
        const found = data.callbacks[0];
        if (found === undefined) throw new AppError('CALLBACK_FAILED', `${url}: the node did not try`);
        // Of a node that is not registered this master cannot know the key; that it says so proves the way.
        const reached = !node.registered && found.error?.code === 'KEY_UNKNOWN';
        if (reached || found.ok) {
          const unknown = 'a master answered; it will know the key once the node is saved';
          return {
            evidence: `${url}: ${reached ? unknown : found.evidence}`,
            seen: { kind: 'called-back', url, knowsKey: !reached },
          };
        }
        throw new AppError('CALLBACK_FAILED', `${url}: ${found.error?.message ?? found.evidence}`, {
          details: { url, reason: found.error?.code ?? null },
        });
      }),
    ),
  );
  const anyReached = steps.some((step) => step.status === 'ok');
  for (const step of steps) {
    yield step.status === 'failed' && anyReached ? { ...step, status: 'warning' } : step;
  }
}

function describeTemp({ temp, vitals }: SelfTestAnswer): Seen {
  if (!temp.ok) {
    throw temp.error === null ? new AppError('TEMP_NOT_WRITABLE', temp.evidence) : fromErrorInfo(temp.error);
  }
  const space = vitals.temp;
  if (space === null) {
    const seen = { kind: 'temp', path: null, freeBytes: null, totalBytes: null } as const;
    return { evidence: temp.evidence, seen };
  }
  const evidence = `${temp.evidence}, ${gib(space.freeBytes)} of ${gib(space.totalBytes)} free`;
  const { path, freeBytes, totalBytes } = space;
  const seen = { kind: 'temp', path, freeBytes, totalBytes } as const;
  if (space.freeBytes >= lowSpaceBytes) return { evidence, seen };
  const message = `${space.path} has only ${gib(space.freeBytes)} left`;
  return { evidence, seen, warning: new AppError('NO_SPACE', message, { details: { freeBytes } }) };
}

const gib = (bytes: number): string => `${(bytes / 1024 ** 3).toFixed(1)} GiB`;

/** What a browser may do matters only for a node that exchanges bytes with it, or whose [CORS] says something else. */
async function corsStep({
  node,
  browserOrigin,
  now,
}: Parameters<typeof communicationTest>[0]): Promise<TestStep> {
  const { browserUrl } = node;
  if (browserUrl === null) {
    const evidence = 'browsers reach this node through the master';
    return skipped('cors', { evidence, seen: { kind: 'reached-through-master' } });
  }
  const startedMs = now();
  const verdict = await preflight({ url: browserUrl, origin: browserOrigin }).catch((thrown: unknown) =>
    toAppError(thrown, 'NODE_DISCONNECTED'),
  );
  const saysNothing =
    verdict instanceof AppError ? verdict.code !== 'CORS_REFUSED' : verdict === 'not set up';
  if (saysNothing && !node.capabilities.includes('store-files')) {
    const evidence = 'browsers exchange no bytes with a node that stores no files';
    return skipped('cors', { evidence, seen: { kind: 'stores-no-files' } });
  }
  const step = await runStep('cors', now, async () => {
    if (verdict instanceof AppError) throw verdict;
    if (verdict === 'allowed') {
      return {
        evidence: `pages of ${browserOrigin} may use ${browserUrl}`,
        seen: { kind: 'cors-allowed', url: browserUrl, origin: browserOrigin },
      };
    }
    const message = `${browserUrl} allows no page of ${browserOrigin}: [CORS] is not set up`;
    throw new AppError('CORS_REFUSED', message);
  });
  return { ...step, durationMs: now() - startedMs };
}
