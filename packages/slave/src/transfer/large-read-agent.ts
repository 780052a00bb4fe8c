import { Agent, type AgentOptions } from 'node:http';
import type { Socket } from 'node:net';

const readBytes = 512 * 1024;

/**
 * An agent whose connections read as much at a time as has arrived, all into one buffer: by itself Node reads 64 KiB
 * into a new one. Unix fills it right before the callback, and the parser copies what it passes on, so that the buffer is
 * free again when that returns. With one for each connection forty would keep 20 MiB.
 */
export function createLargeReadAgent(options: AgentOptions): Agent {
  return new LargeReadAgent(options);
}

class LargeReadAgent extends Agent {
  readonly #buffer = Buffer.allocUnsafeSlow(readBytes);

  override createConnection(...[options, callback]: Parameters<Agent['createConnection']>) {
    const onread = {
      buffer: this.#buffer,
      callback: (length: number, buffer: Uint8Array): boolean => {
        connection?.emit('data', buffer.subarray(0, length));
        return true;
      },
    };
    const connection = super.createConnection({ ...options, onread } as typeof options, callback) as Socket;
    return connection;
  }
}
