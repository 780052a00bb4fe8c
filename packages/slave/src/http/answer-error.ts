import { headers, toAppError, toErrorInfo } from '@longshore/protocol';
import type { Logger } from '@longshore/runtime';
import type { Context } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';

/** Answers a thrown value as the `ErrorBody` of the protocol, and logs what only this side knows. */
export function answerError(c: Context, thrown: unknown, log: Logger): Response {
  const error = toAppError(thrown);
  const asked = c.req.header(headers.requestId);
  const requestId = asked !== undefined && /^[\w.:-]{1,128}$/.test(asked) ? asked : crypto.randomUUID();
  const fields = { requestId, method: c.req.method, path: c.req.path, code: error.code };
  if (error.code === 'INTERNAL') log.error({ ...fields, err: thrown }, 'request failed');
  else log.info({ ...fields, reason: error.message }, 'request refused');
  const info = toErrorInfo(error);
  // What an unexpected error says may name paths; the request id leads to it in the log.
  const message = error.code === 'INTERNAL' ? 'the slave met an unexpected error' : info.message;
  return c.json({ error: { ...info, message, requestId } }, error.status as ContentfulStatusCode);
}
