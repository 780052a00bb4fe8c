import { callerHeader, type FileServer } from './serve-files.ts';

export type UploadClient = {
  request(path: string, init?: RequestInit & { headers?: Record<string, string> }): Promise<Response>;
  /** POST with metadata, and with the first bytes when there are some. */
  create(fields: Record<string, string>, length: number, body?: Uint8Array<ArrayBuffer>): Promise<Response>;
  patch(address: string, offset: number, body: Uint8Array<ArrayBuffer>): Promise<Response>;
  content(path: string, headers?: Record<string, string>): Promise<Response>;
};

const bytesType = { 'content-type': 'application/offset+octet-stream' };

export const uploadMetadata = (fields: Record<string, string>): string =>
  Object.entries(fields)
    .map(([name, value]) => `${name} ${Buffer.from(value).toString('base64')}`)
    .join(',');

/** Requests of one user to a test server, as a tus client makes them. */
export function createUploadClient(server: FileServer, userId: string): UploadClient {
  const request: UploadClient['request'] = (path, init = {}) =>
    fetch(new URL(path, server.url), {
      ...init,
      headers: { [callerHeader]: userId, 'tus-resumable': '1.0.0', ...init.headers },
    });
  return {
    request,
    create: (fields, length, body) => {
      const announced = { 'upload-length': String(length), 'upload-metadata': uploadMetadata(fields) };
      const path = '/api/v1/uploads';
      if (body === undefined) return request(path, { method: 'POST', headers: announced });
      return request(path, { method: 'POST', headers: { ...announced, ...bytesType }, body });
    },
    patch: (address, offset, body) =>
      request(address, {
        method: 'PATCH',
        headers: { 'upload-offset': String(offset), ...bytesType },
        body,
      }),
    content: (path, headers = {}) =>
      request(`/api/v1/files/content?path=${encodeURIComponent(path)}`, { headers }),
  };
}
