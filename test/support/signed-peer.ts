import { ReportVerdicts } from '@longshore/protocol';
import { signingKey, signRequest } from '@longshore/protocol/server';

export type SignedAnswer = {
  readonly status: number;
  readonly code: string | undefined;
  readonly body: unknown;
};

/** The headers and the body of a request as the holder of a secret would sign it now. */
export function signedRequest(options: {
  secret: string;
  method: 'GET' | 'POST';
  target: string;
  /** Sent as JSON, unless it is bytes. */
  body?: unknown;
  nowMs?: number;
}): { headers: Record<string, string>; body: Buffer } {
  const { body: said } = options;
  const text = said === undefined ? '' : JSON.stringify(said);
  const body = said instanceof Uint8Array ? Buffer.from(said) : Buffer.from(text);
  const { headers } = signRequest({
    key: signingKey(options.secret),
    method: options.method,
    target: options.target,
    body,
    requestId: crypto.randomUUID(),
    nowMs: options.nowMs ?? Date.now(),
    ttlSeconds: 60,
  });
  return { headers, body };
}

/** Sends one request as the holder of a secret, to a master or to a slave. */
export async function sendSigned(
  baseUrl: string,
  options: Parameters<typeof signedRequest>[0] & { change?: Record<string, string> },
): Promise<SignedAnswer> {
  const { headers, body } = signedRequest(options);
  const response = await fetch(baseUrl + options.target, {
    method: options.method,
    headers: { ...headers, 'content-type': 'application/json', ...options.change },
    ...(options.method === 'POST' ? { body: new Uint8Array(body) } : {}),
  });
  return toAnswer(response.status, await response.text());
}

export function toAnswer(status: number, text: string): SignedAnswer {
  const body = text === '' ? undefined : (JSON.parse(text) as { error?: { code?: string } });
  return { status, code: body?.error?.code, body };
}

/** What the master says to one report that the holder of a secret sends. */
export async function sendReport(
  baseUrl: string,
  secret: string,
  report: Record<string, unknown>,
): Promise<string> {
  const answer = await sendSigned(baseUrl, {
    secret,
    method: 'POST',
    target: '/node/v1/reports',
    body: { reports: [report] },
  });
  const verdicts = ReportVerdicts.safeParse(answer.body);
  return verdicts.success ? (verdicts.data.verdicts[0] ?? 'none') : `${answer.status} ${answer.code}`;
}
