import { AppError, health } from '@longshore/protocol';

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
  try {
    const answer = await fetch(url, { redirect: 'manual', signal: AbortSignal.timeout(timeoutMs) });
    let text = '';
    for await (const chunk of answer.body ?? []) {
      text += Buffer.from(chunk).toString('utf8');
      if (text.length > mostBytes) return undefined;
    }
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
