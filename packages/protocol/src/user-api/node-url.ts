import { z } from 'zod';
import { cannotBeNode } from './cannot-be-node.ts';

/**
 * Where the master reaches a slave. The master sends requests there and shows what it is answered, so an address can
 * neither choose another path nor be one where no slave is: slaves live on this machine and in private networks, but
 * not on link-local addresses, where clouds hand out the credentials of their machines. Where a name leads is looked at
 * by whoever connects. Answered in normal form.
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
  return cannotBeNode(host) ? `the address of a slave, which ${host} cannot be` : undefined;
}
