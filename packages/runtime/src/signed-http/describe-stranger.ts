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
  const who = headers.server === undefined ? '' : ` by ${excerpt(headers.server, 60)}`;
  const guard = guards.find(([header]) => headers[header] !== undefined)?.[1];
  const passing = guard === undefined ? '' : `, passing ${guard}`;
  const where = headers.location === undefined ? '' : `, leading to ${excerpt(headers.location, 200)}`;
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
  if (text.trim() === '') return 'an empty body';
  if (!/<html|<!doctype html/i.test(text)) {
    return `${type ?? 'a body without a type'}: ${excerpt(text, 120)}`;
  }
  const title = /<title[^>]*>([^<]*)/i.exec(text)?.[1] ?? '';
  if (title.trim() !== '') return `an HTML page titled ${excerpt(title, 120)}`;
  const words = text.replace(/<(script|style)[\s\S]*?<\/\1>/gi, ' ').replace(/<[^>]*>/g, ' ');
  return words.trim() === '' ? 'an HTML page without words' : `an HTML page: ${excerpt(words, 120)}`;
}

const characters = new Intl.Segmenter();

/** The beginning on one line, in quotes, cut between what people see as characters. */
function excerpt(text: string, most: number): string {
  const line = text
    .slice(0, 100 * most)
    .replace(/\s+/g, ' ')
    .trim();
  const kept: string[] = [];
  for (const { segment, index } of characters.segment(line)) {
    if (kept.length === most || index > 10 * most) return `"${kept.join('')}…"`;
    kept.push(segment);
  }
  return `"${kept.join('')}"`;
}
