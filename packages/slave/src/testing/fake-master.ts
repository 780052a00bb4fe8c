import { createHash } from 'node:crypto';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createAdaptorServer } from '@hono/node-server';
import {
  AppError,
  type Attempt,
  type AttemptRef,
  BlobId,
  CallbackAnswer,
  Heartbeat,
  type HeartbeatAnswer,
  HelloAnswer,
  masterRoutes,
  type Output,
  PartId,
  type Report,
  ReportBatch,
  type ReportEvent,
  type Source,
  SourcePage,
  slaveRoutes,
  TaskId,
  toAppError,
  toErrorInfo,
  type Work,
} from '@longshore/protocol';
import { signingKey } from '@longshore/protocol/server';
import {
  createPeerClient,
  parseSigned,
  type SignedEnv,
  signedRequests,
  systemClock,
} from '@longshore/runtime';
import { type Context, Hono } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';

type Env = SignedEnv<ReturnType<typeof signingKey>>;

/** A master that keeps everything in memory and breaks on request. Speaks real HTTP with real signatures. */
export type FakeMaster = {
  readonly url: string;
  /** Every report in the order of arrival, repetitions included. */
  readonly reports: Report[];
  readonly heartbeats: Heartbeat[];
  readonly blobs: Map<string, Buffer>;
  /** How many connections were opened to it. */
  connections(): number;
  /** What is answered to heartbeats. */
  heartbeatAnswer: HeartbeatAnswer;
  /** Attempts whose reports are answered with `lease-lost`. */
  readonly lost: Set<string>;
  /** Parts whose reports are refused as unreadable. */
  readonly unreadable: Set<string>;
  /** Called for every request before it is handled; what it returns or throws is answered instead. */
  intercept: ((c: Context<Env>) => Promise<Response | undefined> | Response | undefined) | null;
  /** The ticket that is good now. */
  ticket: string;
  addBlob(content: Buffer): { blobId: BlobId; sizeBytes: number; sha256: string };
  addSource(path: string, content: Buffer): Source;
  setSources(partId: string, sources: Source[], pageSize?: number): void;
  attempt(work: Work, options?: { partId?: PartId; attempt?: number; storeId?: string }): Attempt;
  eventsOf(ref: AttemptRef): ReportEvent[];
  /** Outputs by index, as an attempt-blind master would publish them. */
  outputsOf(partId: string): Map<number, Output>;
  /** Says that it is reached at `url`, its own unless something stands in between. */
  hello(slaveUrl: string, url?: string): Promise<void>;
  close(): Promise<void>;
};

export const fakeSecret = 'a-secret-for-tests-only-0123456789';

export async function startFakeMaster(options: { secret?: string } = {}): Promise<FakeMaster> {
  const key = signingKey(options.secret ?? fakeSecret);
  const nonces = new Set<string>();
  const sources = new Map<string, { all: Source[]; pageSize: number }>();
  const app = new Hono<Env>();

  app.use('*', async (c, next) => {
    const answer = await master.intercept?.(c);
    if (answer !== undefined) return answer;
    return await next();
  });
  app.use(
    '/node/v1/*',
    signedRequests({
      role: 'master',
      findKey: (keyId) => (keyId === key.keyId ? key : undefined),
      nonces: {
        remember: (_, nonce) => {
          const isNew = !nonces.has(nonce);
          nonces.add(nonce);
          return isNew ? 'new' : 'seen';
        },
      },
      clock: systemClock,
      maxSkewMs: 60_000,
      signatureTtlSeconds: 60,
      maxBodyBytes: 64 * 1024 * 1024,
    }),
  );
  app.post(masterRoutes.heartbeat, (c) => {
    master.heartbeats.push(parseSigned(c, Heartbeat));
    return c.json(master.heartbeatAnswer);
  });
  app.post(masterRoutes.callback, (c) => c.json(CallbackAnswer.parse({ version: '0.1.0', protocol: '1.0' })));
  app.post(masterRoutes.reports, (c) => {
    const { reports } = parseSigned(c, ReportBatch);
    if (reports.some(({ partId }) => master.unreadable.has(partId))) {
      throw new AppError('BAD_REQUEST', 'a report cannot be read');
    }
    master.reports.push(...reports);
    return c.json({
      verdicts: reports.map((report) => (master.lost.has(report.partId) ? 'lease-lost' : 'recorded')),
    });
  });
  app.get(masterRoutes.sources, (c) => {
    const found = sources.get(c.req.param('partId')) ?? { all: [], pageSize: 1000 };
    const from = Number(c.req.query('cursor') ?? 0);
    const to = from + found.pageSize;
    const fresh = found.all.map((source) =>
      source.kind === 'file' ? { ...source, access: { ...source.access, ticket: master.ticket } } : source,
    );
    const page: SourcePage = {
      sources: fresh.slice(from, to),
      next: to < found.all.length ? String(to) : null,
      totalBytes: found.all.reduce(
        (sum, source) => sum + (source.kind === 'file' ? source.access.sizeBytes : 0),
        0,
      ),
      totalEntries: found.all.length,
    };
    return c.json(SourcePage.parse(page));
  });
  app.get(masterRoutes.storedEntries, (c) => {
    const outputs = master.outputsOf(c.req.param('partId'));
    const wanted = c.req.query('index');
    if (wanted === undefined) return c.json({ indices: [...outputs.keys()] });
    const output = outputs.get(Number(wanted));
    return c.json({ indices: [Number(wanted)], file: output?.kind === 'file' ? output : null });
  });
  app.post(masterRoutes.output, (c) => c.json(outputAccess('remote')));
  app.get('/blobs/v1/:blobId', (c) => {
    checkTicket(c);
    const blob = master.blobs.get(c.req.param('blobId'));
    if (blob === undefined) throw new AppError('BLOB_NOT_FOUND', 'no such blob');
    const range = /^bytes=(\d+)-(\d+)$/.exec(c.req.header('range') ?? '');
    if (range === null) return c.body(new Uint8Array(blob), 200, { 'content-length': String(blob.length) });
    const part = new Uint8Array(blob.subarray(Number(range[1]), Number(range[2]) + 1));
    return c.body(part, 206, {
      'content-range': `bytes ${range[1]}-${range[2]}/${blob.length}`,
      'content-length': String(part.length),
    });
  });
  app.put('/blobs/v1/:blobId', async (c) => {
    checkTicket(c);
    const blobId = c.req.param('blobId');
    const content = Buffer.from(await c.req.arrayBuffer());
    if (master.blobs.has(blobId)) throw new AppError('TICKET_INVALID', 'this blob exists');
    master.blobs.set(blobId, content);
    return c.json({ blobId, ...facts(content) }, 201);
  });
  app.onError((thrown, c) => {
    const error = toAppError(thrown);
    const body = { error: { ...toErrorInfo(error), requestId: 'fake' } };
    return c.json(body, error.status as ContentfulStatusCode);
  });

  const checkTicket = (c: Context<Env>): void => {
    if (c.req.header('authorization') !== `Bearer ${master.ticket}`) {
      throw new AppError('TICKET_EXPIRED', 'the ticket has expired');
    }
  };
  const outputAccess = (storeId: string) => ({
    storeId,
    url: '/blobs/v1',
    ticket: master.ticket,
    expiresAtMs: Date.now() + 3_600_000,
  });
  const facts = (content: Buffer) => ({
    sizeBytes: content.length,
    sha256: createHash('sha256').update(content).digest('hex'),
  });

  const server = createAdaptorServer({ fetch: app.fetch }) as Server;
  let connections = 0;
  server.on('connection', () => {
    connections += 1;
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));

  const master: FakeMaster = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    reports: [],
    heartbeats: [],
    blobs: new Map(),
    connections: () => connections,
    heartbeatAnswer: { lost: [], canceled: [] },
    lost: new Set(),
    unreadable: new Set(),
    intercept: null,
    ticket: 'ticket-1',
    addBlob: (content) => {
      const blobId = BlobId.parse(crypto.randomUUID());
      master.blobs.set(blobId, content);
      return { blobId, ...facts(content) };
    },
    addSource: (path, content) => {
      const blob = master.addBlob(content);
      const access = { storeId: 'remote', ...blob, url: `/blobs/v1/${blob.blobId}`, ticket: master.ticket };
      return { kind: 'file', path, modifiedAtMs: 1_700_000_000_000, mode: 0o644, access };
    },
    setSources: (partId, all, pageSize = 1000) => {
      sources.set(partId, { all, pageSize });
    },
    attempt: (work, options = {}) => ({
      partId: options.partId ?? PartId.parse(crypto.randomUUID()),
      attempt: options.attempt ?? 1,
      taskId: TaskId.parse(crypto.randomUUID()),
      requestId: 'request-of-a-test',
      traceparent: null,
      work,
      limits: { maxOutputBytes: 1e12, maxEntries: 1e6, maxEntryBytes: 1e12, maxRatio: 1e4, maxDepth: 100 },
      output: outputAccess(options.storeId ?? 'remote'),
      sources: null,
      leaseMs: 15_000,
    }),
    eventsOf: (ref) => {
      const own = master.reports.filter(
        ({ partId, attempt }) => partId === ref.partId && attempt === ref.attempt,
      );
      const bySequence = new Map(own.map((report) => [report.sequence, report.event]));
      return [...bySequence].sort(([a], [b]) => a - b).map(([, event]) => event);
    },
    outputsOf: (partId) => {
      const outputs = new Map<number, Output>();
      for (const report of master.reports) {
        if (report.partId !== partId || report.event.type !== 'outputs') continue;
        for (const output of report.event.outputs) outputs.set(output.index, output);
      }
      return outputs;
    },
    hello: async (slaveUrl, url = master.url) => {
      const body = {
        nodeId: crypto.randomUUID(),
        nodeName: 'test',
        masterId: crypto.randomUUID(),
        masterUrls: [url],
        heartbeatMs: 200,
      };
      const peers = createPeerClient({ clock: systemClock, signatureTtlSeconds: 60 });
      const path = slaveRoutes.hello;
      const call = { baseUrl: slaveUrl, key, path, body, response: HelloAnswer, requestId: 'hello' };
      await peers.call({ ...call, timeoutMs: 5000 });
      peers.close();
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return master;
}
