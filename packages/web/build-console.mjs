/**
 * Builds the console into `dist`, once, whoever asks first: `node packages/web/build-console.mjs`. The launcher of the
 * master runs this when the sources are newer than what was built. Text files get a compressed twin beside them, so
 * that the master compresses nothing. Plain JavaScript without types, because it runs at a first start.
 */
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { env } from 'node:process';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import { acquireFileLock } from '../../scripts/file-lock.mjs';

const folder = fileURLToPath(new URL('.', import.meta.url));
const dist = join(folder, 'dist');
const fresh = join(folder, 'dist.new');

/** Builds when something has changed since the last time. A failure leaves what was built before. */
export async function buildConsole() {
  const release = await acquireFileLock(join(folder, '.build.lock'), () => {});
  try {
    if (isFresh()) return;
    process.stderr.write('longshore: building the console …\n');
    await build();
    rmSync(dist, { recursive: true, force: true });
    renameSync(fresh, dist);
  } finally {
    rmSync(fresh, { recursive: true, force: true });
    release();
  }
}

function isFresh() {
  const built = join(dist, 'index.html');
  if (!existsSync(built)) return false;
  const builtMs = statSync(built).mtimeMs;
  const sources = ['src', 'public', '../protocol/src'].map((name) => join(folder, name));
  return sources.every((source) => newestMs(source) < builtMs);
}

function newestMs(path) {
  const stat = statSync(path);
  if (!stat.isDirectory()) return stat.mtimeMs;
  return Math.max(stat.mtimeMs, ...readdirSync(path).map((name) => newestMs(join(path, name))));
}

async function build() {
  // Whatever the shell or a test run has set: React's build for development is twice as large, and slow.
  env.NODE_ENV = 'production';
  const vite = await import('vite');
  await vite.build({
    root: folder,
    configFile: false,
    // Warnings are of directives in libraries, thousands of them.
    logLevel: 'error',
    plugins: [withoutLocales, withoutJsonSchemas, withoutSummaries, withoutEval],
    // The master puts a number used once in place of this word, into every answer.
    html: { cspNonce: 'CSP_NONCE' },
    build: {
      outDir: fresh,
      emptyOutDir: true,
      reportCompressedSize: false,
      // These know `light-dark()`; what replaces it for older ones does not see which scheme Mantine has set.
      cssTarget: ['chrome123', 'firefox120', 'safari17.5'],
      // Fonts as files: the content security policy allows no others.
      assetsInlineLimit: 0,
      rolldownOptions: { output: { codeSplitting: { groups: [firstLoad] } } },
      license: { fileName: 'licenses.md' },
    },
  });
  await compressAll(fresh);
  // Written last, and newer than every source that was read.
  const index = join(fresh, 'index.html');
  writeFileSync(index, readFileSync(index));
}

/**
 * What the files need, in one file: as the sixty that the pages share with each other it compresses worse. `main.tsx`
 * stays outside, because it waits for the texts, and nothing may wait for what imports it.
 */
const firstLoad = {
  name: 'first',
  test: /\/web\/src\/(app|pages\/files\/files-page)\.tsx$/,
  includeDependenciesRecursively: true,
};

/** The messages of zod in fifty languages, of which none is shown to anybody. */
const withoutLocales = {
  name: 'without-locales',
  load: (id) => (/\/zod\/v4\/locales\/index\.js$/.test(id) ? 'export {};' : null),
};

/** The part of zod that writes schemas down: each schema carries it along, and the console writes none. */
const withoutJsonSchemas = {
  name: 'without-json-schemas',
  transform: (code, id) => {
    if (!/\/zod\/v4\/core\/(to-json-schema|json-schema-processors)\.js$/.test(id)) return null;
    const names = [...code.matchAll(/^export (?:function|const) (\w+)/gm)].map(([, name]) => name);
    return `const none = () => ({});\nexport { ${names.map((name) => `none as ${name}`).join(', ')}, none as process };`;
  },
};

/** What the endpoints are for: text of the documentation of the API. */
const withoutSummaries = {
  name: 'without-summaries',
  transform: (code, id) =>
    /\/protocol\/src\/user-api\/[\w-]+\.ts$/.test(id)
      ? code.replaceAll(/^ {4}summary:\s*(?:'(?:[^'\\]|\\.)*'|"[^"]*"),$/gm, "    summary: '',")
      : null,
};

/** Validators of zod are compiled by `eval`, which the content security policy forbids, unless told otherwise. */
const withoutEval = {
  name: 'without-eval',
  transform: (code, id) =>
    /\/zod\/v4\/core\/core\.js$/.test(id) ? `${code}\nconfig({ jitless: true });\n` : null,
};

async function compressAll(path) {
  const compressions = {
    br: (bytes) => promisify(brotliCompress)(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } }),
    gz: (bytes) => promisify(gzip)(bytes, { level: 9 }),
  };
  for (const entry of readdirSync(path, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !/\.(js|css|svg|md)$/.test(entry.name)) continue;
    const file = join(entry.parentPath, entry.name);
    const bytes = readFileSync(file);
    for (const [ending, compress] of Object.entries(compressions)) {
      writeFileSync(`${file}.${ending}`, await compress(bytes));
    }
  }
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  await buildConsole();
}
