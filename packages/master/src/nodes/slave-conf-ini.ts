import type { Node } from '@longshore/protocol';

/** The configuration file to paste on the machine of a new node: everything the slave needs, nothing to edit. */
export function slaveConfIni(options: { node: Node; secret: string; masterUrl: string }): string {
  const { node, secret, masterUrl } = options;
  const address = new URL(node.url ?? 'http://localhost:5213');
  const port = address.port === '' ? (address.protocol === 'https:' ? '443' : '80') : address.port;
  return `; Longshore slave "${node.name}" of the master at ${masterUrl}
; Save this as conf.ini on the machine of the node, readable only by you (chmod 600 conf.ini), then: ./slave -c conf.ini

[System]
Mode = slave
; The address and port to listen on; the master calls ${address.origin}
Listen = :${port}

[Slave]
; Shared with the master only. Whoever has it can act as this node.
Secret = ${secret}
`;
}

export const slaveStartCommand = './slave -c conf.ini';
