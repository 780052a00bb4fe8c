import { readFile } from 'node:fs/promises';
import { type RequestOptions, request } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';

export type TlsProxy = {
  readonly url: string;
  /** Where requests are passed on to; may be set after the start. */
  target: Pick<RequestOptions, 'socketPath' | 'port'>;
  close(): Promise<void>;
};

/** A reverse proxy that ends TLS and names its client, as nginx does with the configuration that everybody copies. */
export async function startTlsProxy(certificate: { certPath: string; keyPath: string }): Promise<TlsProxy> {
  const [cert, key] = await Promise.all([readFile(certificate.certPath), readFile(certificate.keyPath)]);
  const server = createServer({ cert, key }, (incoming, outgoing) => {
    const before = incoming.headers['x-forwarded-for'];
    const headers = {
      ...incoming.headers,
      'x-forwarded-for': [...(before === undefined ? [] : [before]), incoming.socket.remoteAddress].join(
        ', ',
      ),
    };
    const { method, url: path } = incoming;
    const passedOn = request({ host: '127.0.0.1', ...proxy.target, method, path, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    passedOn.once('error', () => outgoing.destroy());
    outgoing.once('close', () => passedOn.destroy());
    incoming.pipe(passedOn);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const proxy: TlsProxy = {
    url: `https://localhost:${(server.address() as AddressInfo).port}`,
    target: {},
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return proxy;
}
