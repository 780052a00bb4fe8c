import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { extname, join, relative, sep } from 'node:path';
import type { OpenAPIHono } from '@hono/zod-openapi';
import type { Context } from 'hono';
import type { HttpEnv } from '../http-env.ts';

type Asset = { type: string; bytes: Uint8Array<ArrayBuffer>; encoded: Map<string, Uint8Array<ArrayBuffer>> };

const types: Record<string, string> = {
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
  '.md': 'text/markdown; charset=utf-8',
};
const encodings = { br: '.br', gzip: '.gz' } as const;
const noncePlaceholder = /CSP_NONCE/g;

/**
 * The console, from the folder that its build has left, held in memory. Files with a hash in their name never change;
 * every other address that a browser opens gets the one page, which finds its way from there. Mounted last.
 */
export function mountConsoleRoutes(app: OpenAPIHono<HttpEnv>, folder: string): void {
  const index = join(folder, 'index.html');
  if (!existsSync(index)) {
    mountPlaceholder(app);
    return;
  }
  const page = readFileSync(index, 'utf8');
  const assets = readAssets(folder);
  app.get('*', async (c, next) => {
    const asset = assets.get(c.req.path);
    if (asset !== undefined) return sendAsset(c, asset);
    if (!isPage(c)) return next();
    const nonce = randomBytes(18).toString('base64');
    c.header('content-security-policy', policy(nonce));
    c.header('referrer-policy', 'same-origin');
    c.header('cross-origin-opener-policy', 'same-origin');
    c.header('cache-control', 'no-store');
    return c.html(page.replace(noncePlaceholder, nonce));
  });
}

function readAssets(folder: string): Map<string, Asset> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && Object.hasOwn(types, extname(entry.name)))
    .map((entry) => join(entry.parentPath, entry.name));
  return new Map(
    files.map((file) => {
      const encoded = Object.entries(encodings)
        .filter(([, ending]) => existsSync(`${file}${ending}`))
        .map(([name, ending]) => [name, new Uint8Array(readFileSync(`${file}${ending}`))] as const);
      return [
        `/${relative(folder, file).split(sep).join('/')}`,
        {
          type: types[extname(file)] ?? '',
          bytes: new Uint8Array(readFileSync(file)),
          encoded: new Map(encoded),
        },
      ];
    }),
  );
}

function sendAsset(c: Context<HttpEnv>, asset: Asset): Response {
  const accepted = (c.req.header('accept-encoding') ?? '')
    .split(',')
    .map((name) => name.trim().split(';')[0]);
  const encoding = Object.keys(encodings).find((name) => accepted.includes(name) && asset.encoded.has(name));
  const hashed = c.req.path.startsWith('/assets/');
  return c.body(asset.encoded.get(encoding ?? '') ?? asset.bytes, 200, {
    'content-type': asset.type,
    'cache-control': hashed ? 'public, max-age=31536000, immutable' : 'public, max-age=3600',
    vary: 'accept-encoding',
    ...(encoding === undefined ? {} : { 'content-encoding': encoding }),
  });
}

/** What a person has typed or followed, and not the call of a program. */
const isPage = (c: Context<HttpEnv>): boolean =>
  !/^\/(api|node|blobs|assets)\//.test(c.req.path) && (c.req.header('accept') ?? '').includes('text/html');

/** Everything from this master and nothing inline, but for the style elements that carry the nonce. */
const policy = (nonce: string): string =>
  [
    "default-src 'self'",
    `style-src 'self' 'nonce-${nonce}'`,
    "img-src 'self' data: blob:",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join('; ');

function mountPlaceholder(app: OpenAPIHono<HttpEnv>): void {
  app.get('/', (c) =>
    c.text('The console has not been built: node packages/web/build-console.mjs, then start again.\n', 404),
  );
}
