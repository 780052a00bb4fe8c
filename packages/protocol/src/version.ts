import { AppError } from './errors/app-error.ts';

/** The release, shown to people. */
export const productVersion = '0.1.0';

/**
 * The version of the contract between master and slave. A change that an older peer cannot live with raises
 * `major`; an addition that both can ignore raises `minor`.
 */
export const protocolVersion = { major: 1, minor: 1 } as const;

export const formatProtocolVersion = (version: { major: number; minor: number }): string =>
  `${version.major}.${version.minor}`;

/**
 * The minor version both sides know. Throws `VERSION_MISMATCH`, naming both versions, when the peer speaks
 * another major version or does not say what it speaks.
 */
export function negotiateProtocol(peer: {
  role: 'master' | 'slave';
  protocol: string | undefined;
  product: string | undefined;
}): number {
  const match = /^(\d{1,4})\.(\d{1,4})$/.exec(peer.protocol ?? '');
  const major = Number(match?.[1] ?? Number.NaN);
  const minor = Number(match?.[2] ?? Number.NaN);
  if (major === protocolVersion.major) return Math.min(minor, protocolVersion.minor);
  const ours = `${formatProtocolVersion(protocolVersion)} (Longshore ${productVersion})`;
  const theirs = `${peer.protocol ?? 'unknown'} (Longshore ${peer.product ?? 'unknown'})`;
  const [master, slave] = peer.role === 'master' ? [theirs, ours] : [ours, theirs];
  throw new AppError('VERSION_MISMATCH', `Master: ${master}, Slave: ${slave}`, {
    details: { master, slave },
  });
}
