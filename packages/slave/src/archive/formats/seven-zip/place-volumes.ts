import { createWriteStream } from 'node:fs';
import { symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { ReadRequest, Volume } from '../../archive-format.ts';
import { openRange } from '../../open-range.ts';

/** An archive as 7-Zip needs it: files that it can seek in, under names that say which volume follows which. */
export type PlacedArchive = { readonly path: string; release(): Promise<void> };

/**
 * Uses the file itself where it is on this machine and whole. Otherwise volumes get links or, when they are
 * elsewhere, copies in temporary space: these formats cannot be read as a stream.
 */
export async function placeVolumes(request: ReadRequest, extension: string): Promise<PlacedArchive> {
  const { source, volumes, tempSpace, signal } = request;
  if (volumes.length <= 1 && source.localPath !== null) {
    source.noteRead?.(source.sizeBytes);
    return { path: source.localPath, release: async () => undefined };
  }
  const all: readonly Volume[] = volumes.length > 1 ? volumes : [{ name: `archive${extension}`, source }];
  const copied = all.filter((volume) => volume.source.localPath === null);
  const bytes = copied.reduce((sum, volume) => sum + volume.source.sizeBytes, 0);
  const { folder, release } = await tempSpace.reserve(bytes);
  let bytesDone = 0;
  async function* counted(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const chunk of chunks) {
      yield chunk;
      bytesDone += chunk.length;
      request.onCopy({ bytesDone, bytesTotal: bytes });
    }
  }
  try {
    const names = plainNames(
      all.map(({ name }) => name),
      extension,
    );
    for (const [at, volume] of all.entries()) {
      const path = join(folder, names[at] ?? '');
      const { localPath, sizeBytes } = volume.source;
      if (localPath !== null) {
        volume.source.noteRead?.(sizeBytes);
        await symlink(localPath, path);
      } else {
        const content = openRange(volume.source, { start: 0, end: sizeBytes }, signal);
        await pipeline(content, counted, createWriteStream(path, { flags: 'wx' }), { signal });
      }
    }
    return { path: join(folder, firstVolume(names)), release };
  } catch (error) {
    await release();
    throw error;
  }
}

/** Names from strangers are not used as they are; only the part that orders the volumes is. */
function plainNames(names: readonly string[], extension: string): string[] {
  if (names.length === 1) return [`archive${extension}`];
  return names.map((name) => {
    const ending =
      /(\.part\d{1,5}\.rar|\.rar|\.r\d{2,3}|\.s\d{2,3}|\.zip|\.z\d{2,3}|(\.7z|\.zip|\.rar)?\.\d{3,4})$/i.exec(
        name,
      );
    return `archive${(ending?.[0] ?? extension).toLowerCase()}`;
  });
}

/** The volume to open: part 1 or .001, but of ".z01, .z02, …, .zip" and ".rar, .r00, …" the one without a number. */
function firstVolume(names: readonly string[]): string {
  const numberOf = (name: string): number => {
    if (/\.zip$|(?<!\.part\d+)\.rar$/.test(name)) return 0;
    return Number(/\.part(\d+)\.rar$/.exec(name)?.[1] ?? /(\d+)$/.exec(name)?.[1] ?? 0) + 1;
  };
  return names.toSorted((a, b) => numberOf(a) - numberOf(b))[0] ?? '';
}
