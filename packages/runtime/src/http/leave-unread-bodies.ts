import type { IncomingMessage, Server, ServerResponse } from 'node:http';

const unauthorized = 401;
/** A body of this size that nobody wanted is taken in, so that the connection can be used again. */
const mostTakenBytes = 64 * 1024;

/**
 * Stops reading from a stranger who goes on sending a body after the answer was given, whatever length was announced.
 * Callers who are known are read on by the adaptor, up to 64 MiB: most send all of a body before they read why it was
 * refused. The connection of a stranger stays open unread for a moment, in which the caller can read the answer: one that is cut with bytes on
 * the way loses it. The adaptor closes it then, half a second after the answer; by itself it would take in 64 MiB.
 */
export function leaveUnreadBodies(server: Server): void {
  // Before the adaptor, which may answer at once.
  server.prependListener('request', (request: IncomingMessage, response: ServerResponse) => {
    response.once('prefinish', () => {
      if (response.statusCode !== unauthorized || request.complete || request.destroyed) return;
      let takenBytes = 0;
      // Node throws away, uncounted, what arrives for a request that nobody has begun to read when it is answered.
      request.read(0);
      request.on('data', (chunk: Buffer) => {
        takenBytes += chunk.length;
        // The parser stops reading when the request is full. Pausing the socket as well would take that from the parser.
        if (takenBytes > mostTakenBytes) request.pause();
      });
    });
  });
}
