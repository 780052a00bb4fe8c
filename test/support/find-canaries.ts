import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Texts that must not be found, by what they are. */
export type Canaries = Readonly<Record<string, string>>;

/** How a text may be written where somebody did not mean to: as it is, escaped, or encoded at any alignment. */
function formsOf(canary: string): Map<string, Buffer> {
  const bytes = Buffer.from(canary);
  const forms = new Map<string, Buffer>([
    ['raw', bytes],
    ['JSON', Buffer.from(JSON.stringify(canary).slice(1, -1))],
    ['URL', Buffer.from(encodeURIComponent(canary))],
    ['hex', Buffer.from(bytes.toString('hex'))],
    ['HEX', Buffer.from(bytes.toString('hex').toUpperCase())],
    ['UTF-16', Buffer.from(canary, 'utf16le')],
  ]);
  for (const encoding of ['base64', 'base64url'] as const) {
    for (const shift of [0, 1, 2]) {
      const shifted = Buffer.concat([Buffer.alloc(shift), bytes]).toString(encoding);
      // The digits at both ends mix with the bytes beside it.
      const inner = shifted
        .slice(shift === 0 ? 0 : shift + 1)
        .replace(/=+$/, '')
        .slice(0, -2);
      forms.set(`${encoding} +${shift}`, Buffer.from(inner));
    }
  }
  return forms;
}

/** Where any of them stands in any form, one line each. */
export function findCanaries(place: string, haystack: Buffer | string, canaries: Canaries): string[] {
  const bytes = Buffer.isBuffer(haystack) ? haystack : Buffer.from(haystack);
  return Object.entries(canaries).flatMap(([name, canary]) =>
    [...formsOf(canary)].flatMap(([form, needle]) => {
      const at = bytes.indexOf(needle);
      if (at < 0) return [];
      const around = bytes.subarray(Math.max(0, at - 60), at).toString('latin1');
      return [`${name} (${form}) in ${place} at ${at}, after ${JSON.stringify(around)}`];
    }),
  );
}

/** The same in every file below a folder, but for those that are meant to hold one. */
export async function findCanariesBelow(
  folder: string,
  canaries: Canaries,
  options: { except?: RegExp } = {},
): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const found = await Promise.all(
    files
      .filter((file) => options.except?.test(file) !== true)
      .map(async (file) => findCanaries(file, await readFile(file), canaries)),
  );
  return found.flat();
}
