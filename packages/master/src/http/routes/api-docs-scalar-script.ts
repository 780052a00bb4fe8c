import { readFile } from 'node:fs/promises';
import { findPackageJSON } from 'node:module';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';

export type ScalarScript = {
  readonly plain: Uint8Array<ArrayBuffer>;
  readonly gzipped: Uint8Array<ArrayBuffer>;
};

/** Reads the browser bundle of the API documentation when it is first asked for, and keeps it. */
export function createScalarScript(): () => Promise<ScalarScript> {
  let loading: Promise<ScalarScript> | undefined;
  return () => {
    loading ??= load().catch((error: unknown) => {
      loading = undefined;
      throw error;
    });
    return loading;
  };
}

async function load(): Promise<ScalarScript> {
  const manifest = findPackageJSON('@scalar/api-reference', import.meta.url);
  if (manifest === undefined) throw new Error('the package @scalar/api-reference is not installed');
  const plain = new Uint8Array(await readFile(join(dirname(manifest), 'dist/browser/standalone.js')));
  return { plain, gzipped: new Uint8Array(await promisify(gzip)(plain)) };
}
