import dns from 'node:dns';
import type { LookupFunction } from 'node:net';
import { AppError, cannotBeNode } from '@longshore/protocol';

/**
 * Looks a name up for a connection between machines. Fails with `NODE_ADDRESS_REFUSED` when any of its addresses is one
 * where no node can be: a name that leads there now and then is as wrong as one that always does.
 */
export const lookupNode: LookupFunction = (hostname, options, callback) => {
  dns.lookup(hostname, { ...options, all: true }, (error, found) => {
    const refused = error === null ? refuseAddresses(hostname, found) : error;
    if (refused !== undefined) return callback(refused, []);
    if (options.all === true) return callback(null, found);
    const [first] = found;
    callback(null, first?.address ?? '', first?.family ?? 0);
  });
};

/** The reason against connecting to a host, which may be an address, once it is known where its name leads. */
export function refuseAddresses(
  hostname: string,
  found: readonly { readonly address: string }[],
): AppError | undefined {
  const wrong = found.find(({ address }) => cannotBeNode(address));
  if (wrong !== undefined) {
    const message = `${hostname} leads to ${wrong.address}, where no node can be`;
    return new AppError('NODE_ADDRESS_REFUSED', message, { details: { address: wrong.address } });
  }
  // Where a connection goes to an address itself, nothing is looked up.
  if (!cannotBeNode(hostname)) return undefined;
  return new AppError('NODE_ADDRESS_REFUSED', `no node can be at ${hostname}`);
}
