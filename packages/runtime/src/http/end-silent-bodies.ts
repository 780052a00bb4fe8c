import type { IncomingMessage, Server } from 'node:http';

/** How often the bodies under way are looked at, as a share of the time they may be silent. */
const checksPerTimeout = 4;

const patience = new WeakMap<IncomingMessage, number>();

/** Lets the body of this request be silent for longer than others: its sender is known, and may wait for slow sources itself. */
export function bearSilence(request: IncomingMessage, options: { silentMs: number }): void {
  patience.set(request, options.silentMs);
}

/**
 * Resets connections whose request body has stopped arriving for `silentMs`. Node's own timeout counts from the start of
 * a request, and would end long uploads as well. A body that waits for us to read it is not silent.
 */
export function endSilentBodies(server: Server, options: { silentMs: number }): void {
  const { silentMs } = options;
  const underWay = new Map<IncomingMessage, { bytes: number; sinceMs: number }>();
  server.on('request', (request: IncomingMessage) => {
    if (request.complete) return;
    underWay.set(request, { bytes: request.socket.bytesRead, sinceMs: performance.now() });
    request.once('close', () => underWay.delete(request));
  });
  const timer = setInterval(() => {
    const nowMs = performance.now();
    for (const [request, seen] of underWay) {
      const bytes = request.socket.bytesRead;
      if (request.complete) underWay.delete(request);
      else if (bytes !== seen.bytes || request.readableLength > 0) {
        underWay.set(request, { bytes, sinceMs: nowMs });
      } else if (nowMs - seen.sinceMs >= (patience.get(request) ?? silentMs)) {
        underWay.delete(request);
        request.socket.resetAndDestroy();
      }
    }
  }, silentMs / checksPerTimeout).unref();
  server.once('close', () => clearInterval(timer));
}
