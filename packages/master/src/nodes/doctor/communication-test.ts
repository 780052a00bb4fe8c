import { isIP } from 'node:net';
import {
  AppError,
  formatProtocolVersion,
  fromErrorInfo,
  productVersion,
  protocolVersion,
  type SelfTestAnswer,
  TestStep,
  toAppError,
  toErrorInfo,
} from '@longshore/protocol';
import type { PeerAnswer } from '@longshore/runtime';
import type { NodeClient, NodePeer } from '../node-client.ts';
import { connect, handshake, resolveHost } from './connection.ts';
import { findMaster } from './find-master.ts';
import type { NodeUnderTest } from './node-under-test.ts';
import { preflight } from './preflight.ts';

type StepName = TestStep['step'];

/** What a step has seen; with a warning when it works, but not as it should. */
type Seen = { readonly evidence: string; readonly warning?: AppError };

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
        const isAddress = isIP(target.host) !== 0;
        return {
          evidence: isAddress
            ? `${target.host} is an address, there is no name to look up`
            : `${target.host} is ${addresses.join(' and ')}`,
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
  if (secure) wayThere.push(['tls', async () => ({ evidence: await handshake(target, address) })]);
  for (const [name, work] of wayThere) {
    const step = await run(name, work);
    yield step;
    if (step.status === 'failed') return yield* skipAfter(name, 'an earlier step failed');
  }
  if (!secure) yield skipped('tls', 'the address is http: traffic is signed, but not encrypted');

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
      return yield* skipAfter('version', 'no secret was given to speak with');
    }
    const step = await run(name, async () => {
      if (!(greeting instanceof AppError)) return describeGreeting(name, greeting, peer, maxSkewMs);
      if (stepOf(greeting) === name) throw greeting;
      return { evidence: passedBefore(greeting)[name] };
    });
    yield name === 'slave' ? { ...step, durationMs: deps.now() - greetedMs } : step;
    if (step.status === 'failed') return yield* skipAfter(name, 'an earlier step failed');
  }
  if (greeting instanceof AppError) return;

  yield* callbackSteps(deps);
  yield run('temp', async () => describeTemp(greeting.data));
  yield corsStep(deps);
}

async function runStep(step: StepName, now: () => number, work: () => Promise<Seen>): Promise<TestStep> {
  const startedMs = now();
  try {
    const { evidence, warning } = await work();
    const error = warning === undefined ? null : toErrorInfo(warning);
    const status = warning === undefined ? 'ok' : 'warning';
    return { step, status, durationMs: now() - startedMs, evidence, error };
  } catch (thrown) {
    const error = toErrorInfo(toAppError(thrown, 'NODE_DISCONNECTED'));
    return { step, status: 'failed', durationMs: now() - startedMs, evidence: error.message, error };
  }
}

const skipped = (step: StepName, why: string): TestStep => ({
  step,
  status: 'skipped',
  durationMs: 0,
  evidence: why,
  error: null,
});

function* skipAfter(last: StepName, why: string): Generator<TestStep> {
  for (const step of stepNames.slice(stepNames.indexOf(last) + 1)) yield skipped(step, why);
}

/** What an error of a later step says of the ones before it, which the node checks in this order. */
function passedBefore({ details }: AppError) {
  const { peerVersion: version, peerProtocol: protocol } = details;
  const isKnown = typeof version === 'string' && typeof protocol === 'string';
  return {
    slave: isKnown ? `answers as Longshore ${version}` : 'answers as a Longshore slave does',
    version: isKnown ? bothVersions({ version, protocol }) : 'speaks our major version of the protocol',
    signature: 'knows the key',
    clock: '',
  } as const;
}

function bothVersions(slave: { version: string; protocol: string }): string {
  const ours = `${formatProtocolVersion(protocolVersion)} (Longshore ${productVersion})`;
  return `Master: ${ours}, Slave: ${slave.protocol} (Longshore ${slave.version})`;
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

function describeGreeting(
  step: 'slave' | 'version' | 'signature' | 'clock',
  answer: PeerAnswer<SelfTestAnswer>,
  peer: NodePeer,
  maxSkewMs: number,
): Seen {
  const { vitals } = answer.data;
  switch (step) {
    case 'slave':
      return { evidence: `answers as Longshore ${vitals.version}` };
    case 'version':
      return { evidence: bothVersions(vitals) };
    case 'signature':
      return { evidence: `signed both ways with key ${peer.key.keyId}` };
    case 'clock': {
      const skewMs = Math.round(answer.skewMs);
      const evidence = `the node's clock is ${Math.abs(skewMs)} ms ${skewMs < 0 ? 'behind' : 'ahead'}`;
      if (Math.abs(skewMs) <= maxSkewMs / 2) return { evidence };
      const message = `${evidence}; requests are refused from ${maxSkewMs} ms on`;
      return { evidence, warning: new AppError('CLOCK_SKEW', message, { details: { skewMs } }) };
    }
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
        if (reached)
          return { evidence: `${url}: a master answered; it will know the key once the node is saved` };
        if (found.ok) return { evidence: `${url}: ${found.evidence}` };
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
  if (space === null) return { evidence: temp.evidence };
  const evidence = `${temp.evidence}, ${gib(space.freeBytes)} of ${gib(space.totalBytes)} free`;
  if (space.freeBytes >= lowSpaceBytes) return { evidence };
  const message = `${space.path} has only ${gib(space.freeBytes)} left`;
  return { evidence, warning: new AppError('NO_SPACE', message) };
}

const gib = (bytes: number): string => `${(bytes / 1024 ** 3).toFixed(1)} GiB`;

/** What a browser may do matters only for a node that exchanges bytes with it, or whose [CORS] says something else. */
async function corsStep({
  node,
  browserOrigin,
  now,
}: Parameters<typeof communicationTest>[0]): Promise<TestStep> {
  const { browserUrl } = node;
  if (browserUrl === null) return skipped('cors', 'browsers reach this node through the master');
  const startedMs = now();
  const verdict = await preflight({ url: browserUrl, origin: browserOrigin }).catch((thrown: unknown) =>
    toAppError(thrown, 'NODE_DISCONNECTED'),
  );
  const saysNothing =
    verdict instanceof AppError ? verdict.code !== 'CORS_REFUSED' : verdict === 'not set up';
  if (saysNothing && !node.capabilities.includes('store-files')) {
    return skipped('cors', 'browsers exchange no bytes with a node that stores no files');
  }
  const step = await runStep('cors', now, async () => {
    if (verdict instanceof AppError) throw verdict;
    if (verdict === 'allowed') return { evidence: `pages of ${browserOrigin} may use ${browserUrl}` };
    const message = `${browserUrl} allows no page of ${browserOrigin}: [CORS] is not set up`;
    throw new AppError('CORS_REFUSED', message);
  });
  return { ...step, durationMs: now() - startedMs };
}
