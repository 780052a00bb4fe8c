import type { HttpBindings } from '@hono/node-server';
import { headers, toAppError, toErrorInfo } from '@longshore/protocol';
import type { Logger } from '@longshore/runtime';
import type { Context } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import type { SlaveEnv } from './create-app.ts';

export type ClientAddress = (incoming: HttpBindings['incoming']) => string;

/** Answers a thrown value as the `ErrorBody` of the protocol, and logs what only this side knows. */
export function answerError(
  c: Context<SlaveEnv>,
  thrown: unknown,
  { log, clientAddress }: { log: Logger; clientAddress: ClientAddress },
): Response {
  const error = toAppError(thrown);
  const asked = c.req.header(headers.requestId);
  const requestId = asked !== undefined && /^[\w.:-]{1,128}$/.test(asked) ? asked : crypto.randomUUID();
  const fields = {
    requestId,
    method: c.req.method,
    path: c.req.path,
    code: error.code,
    // Without a connection, as in some tests, there is nobody to name.
    client: c.env?.incoming && clientAddress(c.env.incoming),
  };
  if (error.code === 'INTERNAL') log.error({ ...fields, err: thrown }, 'request failed');
  else log.info({ ...fields, reason: error.message }, 'request refused');
  const info = toErrorInfo(error);
  // What an unexpected error says may name paths; the request id leads to it in the log.
  const message = error.code === 'INTERNAL' ? 'the slave met an unexpected error' : info.message;
  return c.json({ error: { ...info, message, requestId } }, error.status as ContentfulStatusCode);
}
