import {
  AppError,
  formatProtocolVersion,
  productVersion,
  protocolVersion,
  type SelfTestAnswer,
} from '@longshore/protocol';
import type { PeerAnswer } from '@longshore/runtime';
import type { NodePeer } from '../node-client.ts';
import type { Seen } from './seen.ts';

/** What the answer to the first signed request shows of the steps that it stands for. */
export function describeGreeting(
  step: 'slave' | 'version' | 'signature' | 'clock',
  answer: PeerAnswer<SelfTestAnswer>,
  peer: NodePeer,
  maxSkewMs: number,
): Seen {
  const { vitals } = answer.data;
  switch (step) {
    case 'slave':
      return answersAs(vitals);
    case 'version':
      return bothVersions(vitals);
    case 'signature':
      return {
        evidence: `signed both ways with key ${peer.key.keyId}`,
        seen: { kind: 'signed', keyId: peer.key.keyId },
      };
    case 'clock': {
      const skewMs = Math.round(answer.skewMs);
      const evidence = `the node's clock is ${Math.abs(skewMs)} ms ${skewMs < 0 ? 'behind' : 'ahead'}`;
      const seen = { kind: 'clock', skewMs } as const;
      if (Math.abs(skewMs) <= maxSkewMs / 2) return { evidence, seen };
      const message = `${evidence}; requests are refused from ${maxSkewMs} ms on`;
      return { evidence, seen, warning: new AppError('CLOCK_SKEW', message, { details: { skewMs } }) };
    }
  }
}

/** What an error of a later step says of the ones before it, which the node checks in this order. */
export function passedBefore({
  details,
}: AppError): Record<'slave' | 'version' | 'signature' | 'clock', Seen> {
  const { peerVersion: version, peerProtocol: protocol } = details;
  const slave = typeof version === 'string' && typeof protocol === 'string' ? { version, protocol } : null;
  const knowsKey: Seen = { evidence: 'knows the key', seen: { kind: 'knows-key' } };
  return {
    slave:
      slave === null
        ? { evidence: 'answers as a Longshore slave does', seen: { kind: 'answers', version: null } }
        : answersAs(slave),
    version:
      slave === null
        ? { evidence: 'speaks our major version of the protocol', seen: { kind: 'same-major-version' } }
        : bothVersions(slave),
    signature: knowsKey,
    // The last of them: nothing comes after it that could have failed instead.
    clock: knowsKey,
  };
}

type Versions = { version: string; protocol: string };

const answersAs = ({ version }: Versions): Seen => ({
  evidence: `answers as Longshore ${version}`,
  seen: { kind: 'answers', version },
});

function bothVersions({ protocol, version }: Versions): Seen {
  const master = { protocol: formatProtocolVersion(protocolVersion), version: productVersion };
  const told = (of: Versions): string => `${of.protocol} (Longshore ${of.version})`;
  const slave = { protocol, version };
  return {
    evidence: `Master: ${told(master)}, Slave: ${told(slave)}`,
    seen: { kind: 'versions', master, slave },
  };
}
