import type pg from 'pg';

/** The channel on which masters hear of events; an empty notice says that rows were added. */
export const eventChannel = 'longshore_events';

/** PostgreSQL refuses longer notices. */
const maxNoticeBytes = 7_999;

const checkEveryMs = 10_000;
const answerWithinMs = 5_000;
const maxWaiting = 1_000;

export type EventChannel = {
  /** Tells the other masters. Best effort: a newer notice with the same key replaces one that has not left yet. */
  tell(key: string, text: string): void;
  close(): Promise<void>;
};

/**
 * A connection of its own that listens, for ever: when it breaks, another is made, and `onConnected` says that
 * notices may have been missed.
 */
export function openPostgresChannel(options: {
  url: string;
  onNotice: (text: string) => void;
  onConnected: () => void;
  onError: (error: unknown) => void;
}): EventChannel {
  const closing = new AbortController();
  const waiting = new Map<string, string>();
  let client: pg.Client | undefined;
  let sending = false;

  const send = async (): Promise<void> => {
    if (sending) return;
    sending = true;
    try {
      while (client !== undefined && waiting.size > 0) {
        const texts = [...waiting.values()];
        waiting.clear();
        await client.query('select pg_notify($1, text) from unnest($2::text[]) as text', [
          eventChannel,
          texts,
        ]);
      }
    } catch (error) {
      options.onError(error);
    } finally {
      sending = false;
    }
  };

  const serve = async (Client: typeof pg.Client): Promise<void> => {
    const connection = new Client({
      connectionString: options.url,
      connectionTimeoutMillis: answerWithinMs,
      query_timeout: answerWithinMs,
      keepAlive: true,
    });
    const broken = Promise.withResolvers<void>();
    connection.on('error', broken.reject);
    connection.on('end', broken.resolve);
    broken.promise.catch(() => undefined);
    connection.on('notification', (notice) => options.onNotice(notice.payload ?? ''));
    const stop = (): void => broken.resolve();
    closing.signal.addEventListener('abort', stop);
    // A connection that died without a word is found by asking.
    const check = setInterval(() => void connection.query('select 1').catch(broken.reject), checkEveryMs);
    try {
      await connection.connect();
      await connection.query(`listen ${eventChannel}`);
      client = connection;
      options.onConnected();
      void send();
      await broken.promise;
    } finally {
      client = undefined;
      clearInterval(check);
      closing.signal.removeEventListener('abort', stop);
      await connection.end().catch(() => undefined);
    }
  };

  const run = async (): Promise<void> => {
    const { Client } = (await import('pg')).default;
    for (let delayMs = 100; !closing.signal.aborted; delayMs = Math.min(delayMs * 2, 5_000)) {
      const startedMs = performance.now();
      await serve(Client).catch(options.onError);
      if (performance.now() - startedMs > 30_000) delayMs = 100;
      await pause(delayMs, closing.signal);
    }
  };
  const finished = run();

  return {
    tell: (key, text) => {
      if (Buffer.byteLength(text) > maxNoticeBytes || waiting.size >= maxWaiting) return;
      waiting.delete(key);
      waiting.set(key, text);
      void send();
    },
    close: async () => {
      closing.abort();
      await finished;
    },
  };
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done);
  });
}
