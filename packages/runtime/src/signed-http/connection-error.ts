import { AppError, type ErrorCode, toAppError } from '@longshore/protocol';

const codes: Record<string, ErrorCode> = {
  ENOTFOUND: 'NODE_UNRESOLVABLE',
  EAI_AGAIN: 'NODE_UNRESOLVABLE',
  ECONNREFUSED: 'NODE_REFUSED',
  EHOSTUNREACH: 'NODE_REFUSED',
  ENETUNREACH: 'NODE_REFUSED',
  EADDRNOTAVAIL: 'NODE_REFUSED',
  ETIMEDOUT: 'NODE_TIMEOUT',
  ECONNRESET: 'NODE_DISCONNECTED',
  EPIPE: 'NODE_DISCONNECTED',
  ERR_STREAM_PREMATURE_CLOSE: 'NODE_DISCONNECTED',
  EPROTO: 'NODE_TLS',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'NODE_TLS',
  SELF_SIGNED_CERT_IN_CHAIN: 'NODE_TLS',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'NODE_TLS',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'NODE_TLS',
  CERT_HAS_EXPIRED: 'NODE_TLS',
  ERR_TLS_CERT_ALTNAME_INVALID: 'NODE_TLS',
  HPE_INVALID_CONSTANT: 'NODE_NOT_A_SLAVE',
};

/** What a failed connection means to the person who runs the machines. `origin` is named in the message. */
export function toConnectionError(thrown: unknown, origin: string): AppError {
  const known = findAppError(thrown);
  if (known !== undefined) return known;
  const systemCode = findCode(thrown);
  if (systemCode === 'ABORT_ERR' || systemCode === 'ERR_ABORTED') return toAppError(thrown, 'CANCELED');
  const code =
    codes[systemCode ?? ''] ?? (systemCode?.startsWith('ERR_SSL') ? 'NODE_TLS' : 'NODE_DISCONNECTED');
  const reason = thrown instanceof Error ? thrown.message : String(thrown);
  return new AppError(code, `${origin}: ${reason}`, { cause: thrown });
}

/** What was refused before there was a connection, which clients wrap into errors of their own. */
function findAppError(thrown: unknown): AppError | undefined {
  for (let error = thrown; error instanceof Error; error = error.cause) {
    if (error instanceof AppError) return error;
  }
  return undefined;
}

function findCode(thrown: unknown): string | undefined {
  for (let error = thrown; error instanceof Error; error = error.cause) {
    if ('code' in error && typeof error.code === 'string' && error.code !== 'ERR_GOT_REQUEST_ERROR') {
      return error.code;
    }
  }
  return undefined;
}
