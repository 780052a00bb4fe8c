import type { OpenAPIHono } from '@hono/zod-openapi';
import { AppError, fileBytesRoutes, headers as names, uploadHeaders } from '@longshore/protocol';
import type { Context } from 'hono';
import { continueUpload, showUpload, type UploadState } from '../../files/uploads/continue-upload.ts';
import { createUpload } from '../../files/uploads/create-upload.ts';
import { dropUpload } from '../../files/uploads/drop-upload.ts';
import { receiveWholeUpload } from '../../files/uploads/receive-whole-upload.ts';
import type { UploadDeps } from '../../files/uploads/upload-deps.ts';
import { parseUploadRequest } from '../../files/uploads/upload-request.ts';
import type { HttpEnv } from '../http-env.ts';
import { requireCaller } from '../require-caller.ts';

const tus = {
  'tus-resumable': '1.0.0',
  'tus-version': '1.0.0',
  'tus-extension': 'creation,creation-with-upload,termination,expiration',
} as const;
const bytesType = 'application/offset+octet-stream';

/** A request with at most so many bytes is written in one go: there would be little to resume. */
const wholeUploadBytes = 16 * 1024 * 1024;

type C = Context<HttpEnv>;

/** Resumable uploads. Source: tus 1.0.0, https://tus.io/protocols/resumable-upload */
export function mountUploadRoutes(app: OpenAPIHono<HttpEnv>, deps: UploadDeps): void {
  const one = `${fileBytesRoutes.uploads}/:id` as const;
  app.use(`${fileBytesRoutes.uploads}/*`, async (c, next) => {
    c.header('tus-resumable', tus['tus-resumable']);
    if (c.req.method === 'OPTIONS') return c.body(null, 204, tus);
    requireCaller(c);
    if (c.req.header('tus-resumable') !== tus['tus-resumable']) {
      c.header('tus-version', tus['tus-version']);
      throw new AppError('PRECONDITION_FAILED', 'Tus-Resumable: only version 1.0.0 is spoken here');
    }
    return next();
  });

  app.post(fileBytesRoutes.uploads, async (c) => {
    const { userId } = requireCaller(c);
    const length = c.req.header('upload-length');
    const request = parseUploadRequest({ length, metadata: c.req.header('upload-metadata') });
    const announcedBytes = bodyBytes(c);
    if (announcedBytes === request.sizeBytes && request.sizeBytes <= wholeUploadBytes) {
      const file = await receiveWholeUpload(deps, { userId, request, content: c.env.incoming });
      return c.body(null, 201, {
        ...location(crypto.randomUUID()),
        ...fileHeaders(file),
        ...at(request.sizeBytes),
      });
    }
    const upload = await createUpload(deps, { userId, request });
    const key = { userId, uploadId: upload.id };
    if (announcedBytes === 0)
      return c.body(null, 201, { ...location(upload.id), ...progress({ upload, finished: null }) });
    const content = c.env.incoming;
    const state = await continueUpload(deps, { ...key, offset: 0, announcedBytes, content }).catch(
      async (error: unknown) => {
        // The client does not know the upload's address yet, so nobody can continue it.
        await dropUpload(deps, key);
        throw error;
      },
    );
    return c.body(null, 201, { ...location(upload.id), ...progress(state) });
  });

  app.get(one, async (c) => {
    const state = await showUpload(deps, keyOf(c));
    const length = String(state.upload.sizeBytes);
    const headers = { 'upload-length': length, 'cache-control': 'no-store', ...progress(state) };
    return c.body(null, 200, headers);
  });

  app.patch(one, async (c) => {
    if (c.req.header('content-type') !== bytesType) {
      throw new AppError('BAD_REQUEST', `Content-Type: must be ${bytesType}`);
    }
    const offset = Number(c.req.header('upload-offset') ?? Number.NaN);
    const content = c.env.incoming;
    const request = { ...keyOf(c), offset, announcedBytes: bodyBytes(c), content };
    return c.body(null, 204, progress(await continueUpload(deps, request)));
  });

  app.delete(one, async (c) => {
    await dropUpload(deps, keyOf(c));
    return c.body(null, 204);
  });
}

const keyOf = (c: C): { userId: string; uploadId: string } => ({
  userId: requireCaller(c).userId,
  uploadId: c.req.param('id') ?? '',
});

/** The length of the body; undefined when it is chunked and says nothing. */
function bodyBytes(c: C): number | undefined {
  if (c.req.header('transfer-encoding') !== undefined) return undefined;
  return Number(c.req.header('content-length') ?? 0);
}

const location = (uploadId: string): Record<string, string> => ({
  location: `${fileBytesRoutes.uploads}/${uploadId}`,
});

const at = (offset: number): Record<string, string> => ({ 'upload-offset': String(offset) });

const progress = ({ upload, finished }: UploadState): Record<string, string> => ({
  ...at(upload.offsetBytes),
  'upload-expires': new Date(upload.expiresAtMs).toUTCString(),
  ...(finished === null ? {} : fileHeaders(finished)),
});

const fileHeaders = (file: {
  fileId: string;
  path: string | null;
  sha256: string;
}): Record<string, string> => ({
  [uploadHeaders.fileId]: file.fileId,
  ...(file.path === null ? {} : { [uploadHeaders.filePath]: encodeURI(file.path) }),
  [names.blobSha256]: file.sha256,
});
