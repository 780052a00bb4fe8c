/**
 * True for the host of an address, or an address that a name leads to, at which no master and no slave can be:
 * unspecified, link-local, multicast and reserved addresses, and where clouds keep metadata besides.
 */
export function cannotBeNode(host: string): boolean {
  // An address that a name leads to comes without brackets, and may name an interface.
  const written = host.includes(':') && !host.startsWith('[') ? `[${host.replace(/%.*$/, '')}]` : host;
  const normal = URL.parse(`http://${written}`)?.hostname ?? written;
  return neverNodes.test(plainHost(normal.replace(/\.$/, '')));
}

const neverNodes =
  /^(0\.|169\.254\.|22[4-9]\.|23\d\.|2[45]\d\.|100\.100\.100\.200$|192\.0\.0\.192$|\[::\]$|\[fe[89ab][0-9a-f]:|\[ff[0-9a-f]{2}:|\[fd00:ec2::254\]$|metadata\.google\.internal$)/;

/** An IPv4 address that is written as IPv6 is that IPv4 address. */
function plainHost(host: string): string {
  const [, high, low] = /^\[::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})\]$/.exec(host) ?? [];
  if (high === undefined || low === undefined) return host;
  return [high, low]
    .map((group) => Number.parseInt(group, 16))
    .flatMap((group) => [group >> 8, group & 255])
    .join('.');
}
