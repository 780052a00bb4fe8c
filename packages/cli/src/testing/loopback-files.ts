import { createHash, randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { AppError, FileEntry, fileBytesRoutes, files, uploadHeaders } from '@longshore/protocol';
import type { LoopbackMaster } from './loopback-master.ts';

type Stored = { entry: FileEntry; bytes: Buffer };
type Upload = {
  path: string;
  conflict: string;
  modifiedAtMs: number;
  size: number;
  mode: number;
  bytes: Buffer;
};

/** Files in memory behind a loopback master, with the tus and content endpoints of the contract. */
export type LoopbackFiles = {
  readonly stored: Map<string, Stored>;
  readonly uploads: Map<string, Upload>;
  addFolder(path: string): void;
  addFile(path: string, bytes: Buffer, modifiedAtMs?: number): void;
  /** Called before each piece of an upload is taken in; may break the connection. */
  beforePiece: (piece: { request: IncomingMessage; response: ServerResponse; upload: Upload }) => void;
};

const parentOf = (path: string): string => path.replace(/\/[^/]*$/, '') || '/';

export function serveFiles(master: LoopbackMaster): LoopbackFiles {
  const stored = new Map<string, Stored>();
  const uploads = new Map<string, Upload>();
  const add = (
    path: string,
    bytes: Buffer | null,
    modifiedAtMs = 1_700_000_000_000,
    mode = 0o644,
  ): FileEntry => {
    if (path !== '/' && !stored.has(parentOf(path))) add(parentOf(path), null);
    const entry = FileEntry.parse({
      id: randomUUID(),
      path,
      name: path.split('/').at(-1) ?? '',
      kind: bytes === null ? 'folder' : 'file',
      sizeBytes: bytes?.length ?? 0,
      sha256: bytes === null ? null : createHash('sha256').update(bytes).digest('hex'),
      mode,
      modifiedAtMs,
      createdAtMs: 1_700_000_000_000,
    });
    stored.set(path, { entry, bytes: bytes ?? Buffer.alloc(0) });
    return entry;
  };
  add('/', null);
  const known = (path: string): Stored => {
    const found = stored.get(path);
    if (found === undefined) throw new AppError('PATH_NOT_FOUND', `${path} does not exist`);
    return found;
  };

  const loopback: LoopbackFiles = {
    stored,
    uploads,
    addFolder: (path) => void add(path, null),
    addFile: (path, bytes, modifiedAtMs) => void add(path, bytes, modifiedAtMs),
    beforePiece: () => undefined,
  };

  master.on(files.stat, ({ query }) => known(query.path).entry);
  master.on(files.listFolder, ({ query }) => {
    const { entry: folder } = known(query.path);
    if (folder.kind === 'file') throw new AppError('NOT_A_FOLDER', `${query.path} is a file`);
    const below = [...stored.values()].map(({ entry }) => entry);
    const all = below.filter(({ path }) => path !== '/' && parentOf(path) === folder.path);
    const from = Number(query.cursor ?? 0);
    const entries = all.slice(from, from + Math.min(query.limit, 100));
    const next = from + entries.length < all.length ? String(from + entries.length) : null;
    return { folder, entries, next };
  });
  master.on(files.createFolder, ({ body }) => {
    const present = stored.get(body.path)?.entry;
    if (present?.kind === 'file') throw new AppError('NOT_A_FOLDER', `${body.path} is a file`);
    if (present !== undefined && body.parents) return present;
    if (stored.has(body.path)) throw new AppError('PATH_EXISTS', `${body.path} exists`);
    return add(body.path, null, body.modifiedAtMs);
  });
  master.on(files.remove, ({ body }) => {
    for (const path of body.paths) known(path);
    for (const path of body.paths) stored.delete(path);
    return {};
  });

  const receive = async (
    request: IncomingMessage,
    response: ServerResponse,
    upload: Upload,
  ): Promise<void> => {
    loopback.beforePiece({ request, response, upload });
    const chunks = [upload.bytes];
    try {
      for await (const chunk of request) chunks.push(chunk as Buffer);
    } finally {
      upload.bytes = Buffer.concat(chunks);
    }
    if (upload.bytes.length === upload.size) add(upload.path, upload.bytes, upload.modifiedAtMs, upload.mode);
  };
  const progress = (upload: Upload): Record<string, string | number> => ({
    'upload-offset': upload.bytes.length,
    ...(upload.bytes.length < upload.size
      ? {}
      : {
          [uploadHeaders.sha256]: stored.get(upload.path)?.entry.sha256 ?? '',
          [uploadHeaders.filePath]: encodeURI(upload.path),
        }),
  });
  master.raw('POST', fileBytesRoutes.uploads, async (request, response) => {
    const metadata = new Map(
      String(request.headers['upload-metadata'])
        .split(',')
        .map((pair) => pair.split(' '))
        .map(([name = '', value = '']) => [name, Buffer.from(value, 'base64').toString('utf8')]),
    );
    const path = metadata.get('path') ?? '';
    const conflict = metadata.get('conflict') ?? 'fail';
    if (stored.has(path) && conflict === 'fail') throw new AppError('PATH_EXISTS', `${path} exists`);
    const size = Number(request.headers['upload-length']);
    const upload = {
      path,
      conflict,
      modifiedAtMs: Number(metadata.get('modifiedAtMs')),
      mode: Number(metadata.get('mode')),
      size,
      bytes: Buffer.alloc(0),
    };
    const id = randomUUID();
    uploads.set(id, upload);
    await receive(request, response, upload);
    response.writeHead(201, { location: `${fileBytesRoutes.uploads}/${id}`, ...progress(upload) }).end();
  });
  const uploadOf = (request: IncomingMessage): Upload => {
    const upload = uploads.get(request.url?.split('/').at(-1) ?? '');
    if (upload === undefined) throw new AppError('UPLOAD_NOT_FOUND', 'the upload is gone');
    return upload;
  };
  master.raw('HEAD', /^\/api\/v1\/uploads\/.+$/, (request, response) => {
    const upload = uploadOf(request);
    response.writeHead(200, { ...progress(upload), 'upload-length': upload.size }).end();
  });
  master.raw('PATCH', /^\/api\/v1\/uploads\/.+$/, async (request, response) => {
    const upload = uploadOf(request);
    if (Number(request.headers['upload-offset']) !== upload.bytes.length) {
      throw new AppError('UPLOAD_OFFSET_MISMATCH', 'the upload is elsewhere');
    }
    await receive(request, response, upload);
    response.writeHead(204, progress(upload)).end();
  });
  master.raw('GET', fileBytesRoutes.content, (request, response, url) => {
    const { bytes } = known(url.searchParams.get('path') ?? '');
    const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
    response
      .writeHead(from > 0 ? 206 : 200, { 'content-length': bytes.length - from })
      .end(bytes.subarray(from));
  });
  return loopback;
}
