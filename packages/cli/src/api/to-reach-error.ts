import { CommandError } from '../errors/command-error.ts';

const reasons: Record<string, string> = {
  ECONNREFUSED: 'the connection was refused',
  ENOTFOUND: 'the host name is not known',
  EAI_AGAIN: 'the host name could not be looked up',
  EHOSTUNREACH: 'there is no route to the host',
  ENETUNREACH: 'there is no route to the network',
  ETIMEDOUT: 'the connection timed out',
  UND_ERR_CONNECT_TIMEOUT: 'the connection timed out',
  UND_ERR_HEADERS_TIMEOUT: 'no answer came in time',
  UND_ERR_BODY_TIMEOUT: 'the answer stopped in the middle',
  ECONNRESET: 'the connection was closed by the other side',
  EPIPE: 'the connection was closed by the other side',
  UND_ERR_SOCKET: 'the connection was closed by the other side',
  ERR_STREAM_PREMATURE_CLOSE: 'the connection was closed by the other side',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is self-signed',
  SELF_SIGNED_CERT_IN_CHAIN: 'its certificate is self-signed',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its certificate comes from an authority that is not trusted here',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'its certificate comes from an authority that is not trusted here',
  CERT_HAS_EXPIRED: 'its certificate has expired',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate belongs to another host',
  ERR_SSL_WRONG_VERSION_NUMBER: 'it does not speak https; try http',
  EPROTO: 'it does not speak https; try http',
  HPE_INVALID_CONSTANT: 'it does not speak http',
};

/** A request that got no answer, as an error that says why. Interrupted requests become `INTERRUPTED`. */
export function toReachError(thrown: unknown, url: string): CommandError {
  if (thrown instanceof CommandError) return thrown;
  if (isAbort(thrown)) return CommandError.local('INTERRUPTED', 'interrupted', { cause: thrown });
  const code = systemCode(thrown);
  const reason = reasons[code ?? ''] ?? deepestMessage(thrown);
  return CommandError.local('MASTER_UNREACHABLE', `cannot reach ${url}: ${reason}`, { cause: thrown });
}

const isAbort = (thrown: unknown): boolean =>
  thrown === 'interrupted' || (thrown instanceof Error && thrown.name === 'AbortError');

function* chain(thrown: unknown): Generator<Error> {
  for (let error = thrown; error instanceof Error; error = error.cause) {
    yield error;
    if (error instanceof AggregateError) yield* error.errors.filter((inner) => inner instanceof Error);
  }
}

function systemCode(thrown: unknown): string | undefined {
  for (const error of chain(thrown)) if ('code' in error && typeof error.code === 'string') return error.code;
  return undefined;
}

const deepestMessage = (thrown: unknown): string => [...chain(thrown)].at(-1)?.message || String(thrown);
