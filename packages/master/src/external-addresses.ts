import { readFileSync } from 'node:fs';
import { type NetworkInterfaceInfo, networkInterfaces } from 'node:os';

type Interfaces = Readonly<
  Record<string, readonly Pick<NetworkInterfaceInfo, 'address' | 'family' | 'internal'>[] | undefined>
>;

/** Networks inside of one machine: on another machine, somebody else has their addresses. */
const ofThisMachine = /^(docker|br-|veth|virbr|vmnet|vboxnet|cni|flannel|cali|cilium|lxc|lxd|podman|kube)/;
/** Ways through another network; they work, but the direct one is better. */
const tunnels = /^(tun|tap|wg|tailscale|zt|ppp|utun)/;

/** The IPv4 addresses of this machine for others, the one of the default route first. */
export const externalAddresses = (): string[] => rankAddresses(networkInterfaces(), defaultInterface());

/** Those of networks inside of the machine only while there is no other. */
export function rankAddresses(interfaces: Interfaces, defaultName: string | undefined): string[] {
  const found = Object.entries(interfaces).flatMap(([name, addresses = []]) =>
    addresses
      .filter(({ internal, family }) => !internal && family === 'IPv4')
      .map(({ address }) => ({ address, rank: rankOf(name, defaultName) })),
  );
  const reachable = found.filter(({ rank }) => rank < 3);
  return (reachable.length > 0 ? reachable : found)
    .toSorted((a, b) => a.rank - b.rank)
    .map(({ address }) => address);
}

function rankOf(name: string, defaultName: string | undefined): number {
  if (name === defaultName) return 0;
  if (ofThisMachine.test(name)) return 3;
  return tunnels.test(name) ? 2 : 1;
}

/** Undefined where the system does not say. Source: proc_net_route(5), a destination of zero. */
function defaultInterface(): string | undefined {
  try {
    const [, ...routes] = readFileSync('/proc/net/route', 'utf8').split('\n');
    return routes
      .map((route) => route.split('\t'))
      .find(([, destination]) => destination === '00000000')?.[0];
  } catch {
    return undefined;
  }
}
