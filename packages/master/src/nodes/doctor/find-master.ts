import { once } from 'node:events';
import { type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { AppError, health } from '@longshore/protocol';
import { lookupNode } from '@longshore/runtime';

const timeoutMs = 3_000;
/** More than a master says of itself; a stranger could send without end. */
const mostBytes = 4096;

/** What answers instead of a slave may be a master, whose address was given by mistake: then the error says so. */
export async function findMaster(origin: string): Promise<AppError | undefined> {
  const said = health.healthz.response.safeParse(await ask(`${origin}${health.healthz.path}`));
  if (!said.success) return undefined;
  const { product, version } = said.data;
  const message = `${origin}: this is a Longshore master (${product} ${version}), not a slave`;
  return new AppError('NODE_IS_A_MASTER', message);
}

/** Undefined for whatever is no short JSON. */
async function ask(url: string): Promise<unknown> {
  const send = url.startsWith('https:') ? requestHttps : requestHttp;
  const asking = send(url, { lookup: lookupNode, signal: AbortSignal.timeout(timeoutMs) });
  try {
    asking.end();
    const [answer] = (await once(asking, 'response')) as [IncomingMessage];
    let text = '';
    for await (const chunk of answer as AsyncIterable<Buffer>) {
      text += chunk.toString('utf8');
      if (text.length > mostBytes) return undefined;
    }
    return JSON.parse(text);
  } catch {
    return undefined;
  } finally {
    asking.destroy();
  }
}
