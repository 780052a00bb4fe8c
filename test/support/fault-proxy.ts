import { connect, createServer, type Server, type Socket } from 'node:net';
import { Transform } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';

/** `up` is from the one who connects to the one who listens. */
export type Direction = 'up' | 'down';

/** What goes wrong, for the connections there are and those to come. */
export type Fault = {
  /** How long bytes are on their way; others follow meanwhile. */
  readonly delayMs?: number;
  /** Bytes per second, per connection and direction. */
  readonly rate?: number;
  /** Bytes in these directions stop, without an end, and go on when the fault is over. */
  readonly stalled?: readonly Direction[];
  /** Cuts each connection, with a reset, once so many bytes have passed in a direction. */
  readonly cut?: { readonly direction: Direction; readonly afterBytes: number };
  /** Turns one bit at each multiple of so many bytes of a connection. */
  readonly flip?: { readonly direction: Direction; readonly everyBytes: number };
  /**
   * Holds for ever the first request that has this text, or the answer to it, and everything after it on its connection.
   * Others pass, and so does the next request with the text.
   */
  readonly hold?: { readonly text: string; readonly what: 'request' | 'answer' };
  /** New connections are reset at once. */
  readonly refusing?: boolean;
};

export type FaultProxy = {
  readonly port: number;
  readonly url: string;
  /** Where connections lead; may be set after the start, and be changed. */
  target: number;
  /** Replaces the fault of before. */
  set(fault: Fault): void;
  /** Back to a faultless network. */
  heal(): void;
  /** Only connections that are open now stall for ever, as when a router forgets them; new ones work. */
  forgetOpen(): void;
  /** Resets every open connection. */
  cutAll(): void;
  /** Nobody listens at its port any more: the connections there are are reset, and new ones refused by the system. */
  shut(): Promise<void>;
  /** Listens again, at the same port. */
  reopen(): Promise<void>;
  /** How often a fault has struck. */
  strikes(): number;
  /** Everything that has passed, per connection, as it was sent. */
  recorded(): readonly { readonly up: Buffer; readonly down: Buffer }[];
  close(): Promise<void>;
};

type Pair = {
  readonly client: Socket;
  readonly server: Socket;
  forgotten: Direction[];
  passed: Record<Direction, Buffer[]>;
};

/** A TCP proxy on the loopback address, for faults of the network between two programs. It records only when told to. */
export async function startFaultProxy(
  options: { target?: number; record?: boolean } = {},
): Promise<FaultProxy> {
  const pairs = new Set<Pair>();
  const ended: Pair[] = [];
  let fault: Fault = {};
  let strikes = 0;
  let hasHeld = false;
  let changed = Promise.withResolvers<void>();

  const isStalled = (pair: Pair, direction: Direction): boolean =>
    pair.forgotten.includes(direction) || (fault.stalled?.includes(direction) ?? false);

  async function pump(pair: Pair, direction: Direction): Promise<void> {
    const [from, to] = direction === 'up' ? [pair.client, pair.server] : [pair.server, pair.client];
    let position = 0;
    for await (const { chunk, arrivedMs } of stampArrivals(from)) {
      if (options.record) pair.passed[direction].push(Buffer.from(chunk));
      const { hold } = fault;
      if (hold !== undefined && !hasHeld && direction === 'up' && chunk.includes(hold.text)) {
        hasHeld = true;
        strikes += 1;
        pair.forgotten = hold.what === 'request' ? ['up', 'down'] : ['down'];
      }
      if (fault.delayMs !== undefined) await delay(arrivedMs + fault.delayMs - performance.now());
      while (isStalled(pair, direction)) await changed.promise;
      const { cut, flip, rate } = fault;
      const start = position;
      position += chunk.length;
      if (cut?.direction === direction && position >= cut.afterBytes) {
        strikes += 1;
        const rest = chunk.subarray(0, Math.max(0, cut.afterBytes - start));
        if (rest.length > 0) await new Promise((resolve) => to.write(rest, resolve));
        from.resetAndDestroy();
        to.resetAndDestroy();
        return;
      }
      if (flip?.direction === direction) strikes += flipBits(chunk, start, flip.everyBytes);
      if (!to.write(chunk)) await new Promise((resolve) => to.once('drain', resolve).once('close', resolve));
      if (rate !== undefined) await delay((chunk.length * 1000) / rate);
    }
    to.end();
  }

  const proxy: FaultProxy = {
    port: 0,
    url: '',
    target: options.target ?? 0,
    set: (next) => {
      fault = next;
      hasHeld = false;
      changed.resolve();
      changed = Promise.withResolvers();
    },
    heal: () => proxy.set({}),
    forgetOpen: () => {
      for (const pair of pairs) pair.forgotten = ['up', 'down'];
    },
    cutAll: () => {
      for (const { client, server } of pairs) {
        client.resetAndDestroy();
        server.resetAndDestroy();
      }
    },
    shut: async () => {
      const closed = new Promise((resolve) => listener.close(resolve));
      proxy.cutAll();
      await closed;
    },
    reopen: () => new Promise<void>((resolve) => listener.listen(proxy.port, '127.0.0.1', resolve)),
    strikes: () => strikes,
    recorded: () =>
      [...ended, ...pairs].map(({ passed }) => ({
        up: Buffer.concat(passed.up),
        down: Buffer.concat(passed.down),
      })),
    close: async () => {
      proxy.cutAll();
      proxy.heal();
      await new Promise((resolve) => listener.close(resolve));
    },
  };

  const listener: Server = createServer({ allowHalfOpen: true }, (client) => {
    client.on('error', () => undefined);
    if (fault.refusing) {
      strikes += 1;
      client.resetAndDestroy();
      return;
    }
    const server = connect({ port: proxy.target, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
    client.setNoDelay(true);
    const pair: Pair = { client, server, forgotten: [], passed: { up: [], down: [] } };
    pairs.add(pair);
    const over = (): void => {
      if (!client.destroyed || !server.destroyed) return;
      if (pairs.delete(pair)) ended.push(pair);
    };
    // A reset of one side is a reset for the other; an end is passed on as one.
    client.once('error', () => server.destroy()).once('close', over);
    server.once('error', () => client.resetAndDestroy()).once('close', over);
    for (const direction of ['up', 'down'] as const) {
      pump(pair, direction).catch(() => {
        client.destroy();
        server.destroy();
      });
    }
  });
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  const { port } = listener.address() as { port: number };
  return Object.assign(proxy, { port, url: `http://127.0.0.1:${port}` });
}

/** The bytes of a socket with the time of their arrival; reads on while a few of them wait. */
function stampArrivals(from: Socket): AsyncIterable<{ chunk: Buffer; arrivedMs: number }> {
  const stamp = new Transform({
    readableObjectMode: true,
    readableHighWaterMark: 8,
    transform: (chunk: Buffer, _encoding, done) => done(null, { chunk, arrivedMs: performance.now() }),
  });
  from
    .once('error', (error) => stamp.destroy(error))
    .once('close', () => {
      if (!from.readableEnded) stamp.destroy();
    });
  return from.pipe(stamp);
}

/** Turns bits where the connection's position is a multiple of `every`, but not in its first bytes. */
function flipBits(chunk: Buffer, start: number, every: number): number {
  let flipped = 0;
  const first = Math.max(1, Math.ceil(start / every)) * every;
  for (let at = first; at < start + chunk.length; at += every) {
    chunk[at - start] = (chunk[at - start] ?? 0) ^ 0x10;
    flipped += 1;
  }
  return flipped;
}
