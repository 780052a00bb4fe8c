/** Makes the inputs of the archive benchmark, the same ones every time: a source tree, logs, media, a mixed file. */
import { closeSync, existsSync, mkdirSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';

/** A small fast generator (xorshift32): the inputs must not depend on the day. */
function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 0x100000000;
  };
}

const random = createRandom(20261121);
const below = (limit: number): number => Math.floor(random() * limit);

const syllables =
  'ab con de ent for get ing ion key list map no on per queue re set task up val with zip id sto'.split(' ');
const words = Array.from({ length: 4000 }, () =>
  Array.from({ length: 1 + below(3) }, () => syllables[below(syllables.length)]).join(''),
);
const word = (): string => words[Math.floor(random() ** 2 * words.length)] ?? 'x';

function sourceLine(): string {
  const indent = '  '.repeat(below(4));
  const shapes = [
    () => `${indent}const ${word()} = ${word()}(${word()}, ${below(1000)});\n`,
    () => `${indent}if (${word()}.${word()} !== ${below(10)}) return ${word()};\n`,
    () => `${indent}// ${word()} ${word()} ${word()} the ${word()} of ${word()}\n`,
    () => `${indent}${word()}.${word()}('${word()}-${below(100000).toString(36)}');\n`,
    () => '\n',
  ];
  return shapes[below(shapes.length)]?.() ?? '';
}

function sourceText(bytes: number): string {
  let text = '';
  while (text.length < bytes) text += sourceLine();
  return text.slice(0, bytes);
}

function noise(bytes: number): Buffer {
  const buffer = Buffer.allocUnsafe(bytes);
  for (let at = 0; at + 4 <= bytes; at += 4) buffer.writeUInt32LE(Math.floor(random() * 0x100000000), at);
  return buffer;
}

const logLine = (at: number): string =>
  `2026-11-21T05:${String(at % 60).padStart(2, '0')}:${String(below(60)).padStart(2, '0')}.${below(1000)}Z info ${word()} ` +
  `task=${below(100000)} node=${word()} bytes=${below(1e9)} "${word()} ${word()}"\n`;

export type InputName = 'tree' | 'logs' | 'media' | 'mixed';

const builders: Record<InputName, (folder: string) => void> = {
  tree(folder) {
    // Median 1.5 kB with a long tail, 111 MB in all.
    const pool = sourceText(4_000_000);
    for (let at = 0; at < 10_000; at += 1) {
      const normal = Math.sqrt(-2 * Math.log(random() || 1e-9)) * Math.cos(2 * Math.PI * random());
      const bytes = Math.min(2_000_000, Math.round(1500 * Math.exp(normal * 1.95)));
      const path = join(folder, `package-${at % 97}`, `module-${at % 13}`, `file-${at}.ts`);
      mkdirSync(join(path, '..'), { recursive: true });
      const start = below(pool.length - bytes);
      writeFileSync(path, `// ${at} ${word()}\n${pool.slice(start, start + bytes)}`);
    }
  },
  logs(folder) {
    for (let at = 0; at < 20; at += 1) writeRepeated(join(folder, `server-${at}.log`), 50_000_000, logBlock);
  },
  media(folder) {
    for (let at = 0; at < 100; at += 1) writeFileSync(join(folder, `clip-${at}.mp4`), noise(5_000_000));
  },
  mixed(folder) {
    let turn = 0;
    writeRepeated(join(folder, 'mixed.bin'), 1024 ** 3, () => {
      turn += 1;
      return turn % 2 === 1 ? Buffer.from(sourceText(4 * 1024 * 1024)) : noise(4 * 1024 * 1024);
    });
  },
};

const logBlock = (): Buffer => Buffer.from(Array.from({ length: 20_000 }, (_, at) => logLine(at)).join(''));

function writeRepeated(path: string, bytes: number, block: () => Buffer): void {
  const file = openSync(path, 'w');
  for (let done = 0; done < bytes; ) {
    const next = block();
    done += writeSync(file, next, 0, Math.min(next.length, bytes - done));
  }
  closeSync(file);
}

/** Builds what is missing; returns the folder of each input. */
export function buildInputs(root: string, names: readonly InputName[]): Record<string, string> {
  return Object.fromEntries(
    names.map((name) => {
      const folder = join(root, 'inputs', name);
      const complete = join(root, 'inputs', `${name}.complete`);
      if (!existsSync(complete)) {
        mkdirSync(folder, { recursive: true });
        builders[name](folder);
        writeFileSync(complete, '');
      }
      return [name, folder];
    }),
  );
}
