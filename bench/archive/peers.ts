/** The npm packages as processes: `peers.ts archiver <folder> <zip>`, `peers.ts unzipper <zip> <folder>`. */
import { createWriteStream, mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';

const require = createRequire(join(import.meta.dirname, '../../packages/slave/package.json'));
const [program, from = '', to = ''] = process.argv.slice(2);

if (program === 'archiver') {
  const { ZipArchive } = require('archiver');
  const archive = new ZipArchive({ zlib: { level: 6 } });
  const written = pipeline(archive, createWriteStream(to));
  archive.directory(from, false);
  await archive.finalize();
  await written;
} else {
  const { Open } = require('unzipper');
  const directory = await Open.file(from);
  for (const entry of directory.files) {
    const path = join(to, entry.path);
    if (entry.type === 'Directory') {
      mkdirSync(path, { recursive: true });
      continue;
    }
    mkdirSync(dirname(path), { recursive: true });
    await pipeline(entry.stream(), createWriteStream(path));
  }
}
