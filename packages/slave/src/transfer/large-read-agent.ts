import { Agent, type AgentOptions } from 'node:http';
import type { Socket } from 'node:net';

const readBytes = 512 * 1024;

/**
 * An agent whose connections read as much at a time as has arrived, into one buffer each: by itself Node reads 64 KiB
 * into a new one. The parser copies what it passes on, so that the buffer is free again when it returns.
 */
export function createLargeReadAgent(options: AgentOptions): Agent {
  return new LargeReadAgent(options);
}

class LargeReadAgent extends Agent {
  override createConnection(...[options, callback]: Parameters<Agent['createConnection']>) {
    const onread = {
      buffer: Buffer.allocUnsafeSlow(readBytes),
      callback: (length: number, buffer: Uint8Array): boolean => {
        connection?.emit('data', buffer.subarray(0, length));
        return true;
      },
    };
    const connection = super.createConnection({ ...options, onread } as typeof options, callback) as Socket;
    return connection;
  }
}
