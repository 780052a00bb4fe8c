import { z } from 'zod';

/**
 * Where the master reaches a slave. The master sends requests there and shows what it is answered, so an address can
 * neither choose another path nor be one where no slave is: slaves live on this machine and in private networks, but
 * not on link-local addresses, where clouds hand out the credentials of their machines. Answered in normal form.
 */
export const NodeUrl = z
  .url({ protocol: /^https?$/, error: 'an http or https address such as http://10.0.0.5:5213' })
  .max(512, 'an address of at most 512 characters')
  .superRefine((text, context) => {
    const reason = reasonAgainst(text);
    if (reason !== undefined) context.addIssue({ code: 'custom', message: reason });
  })
  .transform((text) => new URL(text).href.replace(/\/+$/, ''));

function reasonAgainst(text: string): string | undefined {
  const url = URL.parse(text);
  if (url === null) return 'an http or https address such as http://10.0.0.5:5213';
  if (url.username !== '' || url.password !== '') {
    return 'an address without a name or password: master and slave prove themselves by their secret';
  }
  if (/[?#]/.test(text)) return 'an address without a query or fragment';
  const host = url.hostname.replace(/\.$/, '');
  return neverNodes.test(plainHost(host)) ? `the address of a slave, which ${host} cannot be` : undefined;
}

/** Unspecified, link-local, multicast and reserved addresses, and where clouds keep metadata besides. */
const neverNodes =
  /^(0\.|169\.254\.|22[4-9]\.|23\d\.|2[45]\d\.|\[::\]$|\[fe[89ab][0-9a-f]:|\[ff[0-9a-f]{2}:|\[fd00:ec2::254\]$|metadata\.google\.internal$)/;

/** An IPv4 address that is written as IPv6 is that IPv4 address. */
function plainHost(host: string): string {
  const [, high, low] = /^\[::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})\]$/.exec(host) ?? [];
  if (high === undefined || low === undefined) return host;
  return [high, low]
    .map((group) => Number.parseInt(group, 16))
    .flatMap((group) => [group >> 8, group & 255])
    .join('.');
}
