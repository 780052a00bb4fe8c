/**
 * What somebody who is not a peer has answered, for the person who looks for the proxy, firewall or web server that
 * stands in between: who it says it is, and the title or the first words of its page.
 */
export function describeStranger(answer: {
  status: number;
  headers: Readonly<Record<string, string | undefined>>;
  text: string;
}): string {
  const { status, headers, text } = answer;
  const who = headers.server === undefined ? '' : ` by "${headers.server.slice(0, 60)}"`;
  const guard = guards.find(([header]) => headers[header] !== undefined)?.[1];
  const passing = guard === undefined ? '' : `, passing ${guard}`;
  const where = headers.location === undefined ? '' : `, leading to ${headers.location.slice(0, 200)}`;
  return `${status}${who}${passing}${where} with ${describeBody(text, headers['content-type'])}`;
}

/** Headers by which firewalls and delivery networks give themselves away. */
const guards: readonly (readonly [header: string, name: string])[] = [
  ['cf-ray', 'Cloudflare'],
  ['x-amz-cf-id', 'Amazon CloudFront'],
  ['x-akamai-request-id', 'Akamai'],
  ['x-sucuri-id', 'Sucuri'],
  ['x-azure-ref', 'Azure Front Door'],
  ['via', 'a proxy'],
];

function describeBody(text: string, type: string | undefined): string {
  const squeezed = (part: string): string => part.replace(/\s+/g, ' ').trim();
  if (squeezed(text) === '') return 'an empty body';
  if (!/<html|<!doctype html/i.test(text)) {
    return `${type ?? 'a body without a type'}: ${squeezed(text).slice(0, 120)}`;
  }
  const title = squeezed(/<title[^>]*>([^<]*)/i.exec(text)?.[1] ?? '');
  if (title !== '') return `an HTML page titled "${title.slice(0, 120)}"`;
  const words = squeezed(text.replace(/<(script|style)[\s\S]*?<\/\1>/gi, ' ').replace(/<[^>]*>/g, ' '));
  return `an HTML page: ${words.slice(0, 120)}`;
}
