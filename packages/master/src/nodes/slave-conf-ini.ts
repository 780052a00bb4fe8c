import type { Node } from '@longshore/protocol';

/** The configuration file to paste on the machine of a new node: everything the slave needs, nothing to edit for http. */
export function slaveConfIni(options: { node: Node; secret: string; masterUrl: string }): string {
  const { node, secret, masterUrl } = options;
  const address = new URL(node.url ?? 'http://localhost:5213');
  return `; Longshore slave "${node.name}" of the master at ${masterUrl}
; Save this as conf.ini on the machine of the node, readable only by you (chmod 600 conf.ini), then: ./slave -c conf.ini

[System]
Mode = slave
${address.protocol === 'https:' ? httpsSections(address) : httpListen(address)}
[Slave]
; Shared with the master only. Whoever has it can act as this node.
Secret = ${secret}
`;
}

const httpListen = (
  address: URL,
): string => `; The address and port to listen on; the master calls ${address.origin}
Listen = :${address.port === '' ? '80' : address.port}
`;

const httpsSections = (
  address: URL,
): string => `; If a proxy on this machine answers ${address.origin}, delete the section [SSL] and let the slave listen for it:
; Listen = 127.0.0.1:5213

[SSL]
; HTTPS by the slave itself; the master calls ${address.origin}. Put the paths of the certificate and its key here.
Listen = :${address.port === '' ? '443' : address.port}
CertPath = /path/to/certificate-with-chain.pem
KeyPath = /path/to/key.pem
`;

export const slaveStartCommand = './slave -c conf.ini';
