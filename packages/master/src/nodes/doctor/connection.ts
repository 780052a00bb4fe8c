import { lookup } from 'node:dns/promises';
import { connect as connectTcp, isIP } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { AppError, type Evidence } from '@longshore/protocol';
import { refuseAddresses, toConnectionError } from '@longshore/runtime';

export type Target = { readonly origin: string; readonly host: string; readonly port: number };

const timeoutMs = 5_000;

/** The addresses of the host, in the order of the resolver. Throws `NODE_UNRESOLVABLE` or `NODE_ADDRESS_REFUSED`. */
export async function resolveHost({ host, origin }: Target): Promise<string[]> {
  const found = await lookup(host, { all: true, order: 'verbatim' }).catch((cause: unknown) => {
    throw toConnectionError(cause, origin);
  });
  const refused = refuseAddresses(host, found);
  if (refused !== undefined) throw refused;
  return [...new Set(found.map(({ address }) => address))];
}

/** How long the others may still take after one address has answered. */
const othersMs = 250;

/**
 * Opens a connection to each address and closes it. A fault of some is none while another works, as every later
 * request tries them all; the first that works is answered, with what was seen at each. Throws `NODE_REFUSED` or
 * `NODE_TIMEOUT`.
 */
export async function connect(
  target: Target,
  addresses: readonly string[],
): Promise<{ address: string; evidence: string; seen: Evidence }> {
  const { origin, port } = target;
  const seen = new Map<string, AppError | 'works'>();
  const tries = addresses.map(async (address) => {
    try {
      await connectTo({ ...target, host: address });
      seen.set(address, 'works');
    } catch (error) {
      seen.set(address, toConnectionError(error, origin));
      throw error;
    }
  });
  const first = await Promise.any(tries)
    .catch(() => undefined)
    .then(() => addresses.find((address) => seen.get(address) === 'works'));
  if (first === undefined) throw noneWorks(origin, [...seen]);
  await Promise.race([Promise.allSettled(tries), delay(othersMs)]);
  const address = addresses.find((each) => seen.get(each) === 'works') ?? first;
  const others = addresses.filter((each) => each !== address);
  const told = others.map((each) => `${each} ${verdict(seen.get(each))}`);
  return {
    address,
    evidence: [`${address}, port ${port}`, ...told].join('; '),
    seen: {
      kind: 'connected',
      address,
      port,
      others: others.map((each) => {
        const error = seen.get(each);
        const code = error instanceof AppError ? error.code : null;
        return { address: each, answers: error === 'works', code };
      }),
    },
  };
}

const verdict = (seen: AppError | 'works' | undefined): string => {
  if (seen === 'works') return 'answers too';
  return seen === undefined ? `has not answered within ${othersMs} ms` : `does not answer (${seen.message})`;
};

function noneWorks(origin: string, seen: readonly (readonly [string, AppError | 'works'])[]): AppError {
  const errors = seen.flatMap(([address, error]) => (error === 'works' ? [] : [{ address, error }]));
  const [first] = errors;
  if (first === undefined) return new AppError('NODE_UNRESOLVABLE', `${origin}: the name has no address`);
  if (errors.length === 1) return first.error;
  const each = errors.map(({ address, error }) => `${address} (${error.message})`).join(', ');
  return new AppError(first.error.code, `${origin}: none of its addresses answers: ${each}`, {
    cause: first.error,
  });
}

async function connectTo({ host, port, origin }: Target): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const socket = connectTcp({ host, port, timeout: timeoutMs });
  socket.once('connect', () => resolve());
  socket.once('timeout', () => reject(timedOut(origin, 'connection')));
  socket.once('error', (cause) => reject(toConnectionError(cause, origin)));
  await promise.finally(() => socket.destroy());
}

/** Encrypts a connection and judges the certificate as every later request does. Throws `NODE_TLS`. */
export async function handshake(
  { host, port, origin }: Target,
  address: string,
): Promise<{ evidence: string; seen: Evidence }> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const named = isIP(host) === 0 ? { servername: host } : {};
  // Refused certificates are looked at below, to say what is wrong with them.
  const socket = connectTls({ host: address, port, ...named, rejectUnauthorized: false, timeout: timeoutMs });
  socket.once('secureConnect', () => resolve());
  socket.once('timeout', () => reject(timedOut(origin, 'TLS handshake')));
  socket.once('error', (cause) => reject(toTlsError(cause, origin)));
  try {
    await promise;
    return judgeCertificate(socket, origin, host);
  } finally {
    socket.destroy();
  }
}

const timedOut = (origin: string, what: string): AppError =>
  new AppError('NODE_TIMEOUT', `${origin}: no ${what} within ${timeoutMs} ms`);

function toTlsError(cause: unknown, origin: string): AppError {
  const error = toConnectionError(cause, origin);
  if (!['NODE_TLS', 'NODE_DISCONNECTED'].includes(error.code)) return error;
  const isPlain = /wrong version number|packet length too long/i.test(error.message);
  const message = isPlain
    ? `${origin}: the port answers without TLS; its address begins with http:`
    : error.message;
  return new AppError('NODE_TLS', message, { cause });
}

function judgeCertificate(
  socket: TLSSocket,
  origin: string,
  host: string,
): { evidence: string; seen: Evidence } {
  const certificate = socket.getPeerCertificate();
  const subject = String(certificate.subject?.CN ?? 'nobody');
  const issuer = String(certificate.issuer?.CN ?? 'nobody');
  const named = `the certificate of ${subject} by ${issuer}`;
  if (socket.authorized) {
    const protocol = String(socket.getProtocol());
    const validUntil = certificate.valid_to;
    return {
      evidence: `${protocol}, ${named}, valid until ${validUntil}`,
      seen: { kind: 'encrypted', protocol, subject, issuer, validUntil },
    };
  }
  // Typed as an error, it is the bare code for most reasons.
  const refusal: unknown = socket.authorizationError;
  const code = refusal instanceof Error && 'code' in refusal ? String(refusal.code) : String(refusal);
  const reasons: Record<string, string> = {
    CERT_HAS_EXPIRED: `has expired on ${certificate.valid_to}`,
    CERT_NOT_YET_VALID: `is valid from ${certificate.valid_from} only`,
    ERR_TLS_CERT_ALTNAME_INVALID: `is for ${certificate.subjectaltname ?? 'no name'}, not for ${host}`,
  };
  const reason = reasons[code] ?? 'comes from no authority that the master trusts';
  throw new AppError('NODE_TLS', `${origin}: ${named} ${reason} (${code})`, { details: { reason: code } });
}
