import type { AppError } from '@longshore/protocol';
import { dataDescriptor, localHeader, type WrittenEntry } from '@longshore/runtime/zip';
import type { CreateRequest } from '../../archive-format.ts';
import type { ArchiveOutput } from '../../archive-output.ts';
import { checkSource } from '../../check-source.ts';
import { crc32Combine } from '../../crc32-combine.ts';
import { lostOrThrow } from '../../lost-member.ts';
import type { OrderedLane } from '../../ordered-lane.ts';
import { planBlocks } from '../../plan-blocks.ts';
import type { ArchiveMember } from '../../ports.ts';
import { memberSegments } from '../../read-ahead.ts';
import { readRange } from '../../read-range.ts';
import type { ThreadShare } from '../../threads/archive-threads.ts';
import type { Segment } from '../../threads/segment.ts';
import { aesFields, nameFlags } from './encode-zip-entries.ts';
import { type AesStream, aesKeyBytes, newSalt, openAes } from './win-zip-aes.ts';

const blockBytes = 512 * 1024;
const dictionaryBytes = 32 * 1024;
const sampleBytes = 4 * 1024;
/** Samples must shrink below this share of their size for compression to be worth its time. */
const worthwhile = 0.98;
const flagDescriptor = 0x0008;

/**
 * Writes a large file as blocks that are compressed side by side, each with the end of the one before as its
 * dictionary. Sizes and checksum follow in a data descriptor, since they are not known before. What does not
 * shrink in three samples is stored. A member that is lost on the way leaves bytes that no directory record names.
 */
export async function writeLargeMember(
  member: ArchiveMember & { kind: 'file' },
  context: {
    request: CreateRequest;
    lane: OrderedLane;
    share: ThreadShare;
    output: ArchiveOutput;
    noteEntry: (entry: WrittenEntry) => void;
  },
): Promise<void> {
  const { request, lane, share, output } = context;
  const { level, password } = request;
  const reading = request.meter.member();
  const isLocal = member.source.localPath !== null;
  const stop = new AbortController();
  const signal = AbortSignal.any([request.signal, stop.signal]);
  let lost: AppError | null = null;
  /** What a reading fails with: nothing more of a lost member is read, and anything else is thrown. */
  const lose = (error: unknown): void => {
    request.signal.throwIfAborted();
    if (lost !== null) return;
    const failure = lostOrThrow(member.path, error);
    // Bytes that were damaged on the way come right the second time; those that do not are found before that.
    if (failure.code === 'CHECKSUM_MISMATCH') throw failure;
    lost = failure;
    stop.abort('user');
  };
  async function* segments(): AsyncGenerator<Segment, void> {
    try {
      yield* memberSegments(member, { signal, reading });
    } catch (error) {
      lose(error);
    }
  }

  const isDeflated = await shrinks(member, { signal, share }).catch(lose);
  if (lost !== null) return request.onLost(member, lost);
  const known = {
    nameBytes: Buffer.from(member.path),
    isFolder: false,
    mode: member.mode,
    modifiedAtMs: member.modifiedAtMs,
    flags: nameFlags(member.path) | flagDescriptor,
    method: isDeflated ? 8 : 0,
    sizeBytes: member.source.sizeBytes,
    extra: new Uint8Array(0),
  };
  const cipher = password === null ? null : startCipher(password);
  const shown = cipher === null ? known : { ...known, ...aesFields(known) };
  let crc32 = 0;
  let compressedBytes = 0;
  let headerOffset = 0;

  const writePacked = async (bytes: Uint8Array) => {
    compressedBytes += bytes.length;
    await output.write(bytes);
  };

  await lane.push(
    async () => undefined,
    async () => {
      headerOffset = output.position;
      await output.write(localHeader({ ...shown, crc32: 0, compressedBytes: 0 }, true));
      if (cipher !== null) await writePacked(cipher.head);
    },
  );
  // Bytes from elsewhere are checked while they are read; blocks of a file are read on several threads.
  const checked = isLocal ? checkSource(member.source, signal).catch(lose) : Promise.resolve();
  checked.catch(() => undefined);
  const blocks = planBlocks(segments(), {
    blockBytes: isDeflated ? blockBytes : blockBytes * 2,
    dictionaryBytes: isDeflated ? dictionaryBytes : 0,
  });
  for await (const block of blocks) {
    if (lost !== null) break;
    const work = { ...block, codec: isDeflated ? ('deflate' as const) : ('none' as const), level };
    const transfer = [block.literal.buffer as ArrayBuffer];
    await lane.push(
      () => share.run('encodeBlock', work, { signal, transfer }).catch(lose),
      async (encoded) => {
        if (encoded === undefined || lost !== null) return;
        if (isLocal) reading.read(encoded.rawBytes);
        crc32 = crc32Combine(crc32, encoded.crc32, encoded.rawBytes);
        cipher?.stream.encrypt(
          Buffer.from(encoded.bytes.buffer, encoded.bytes.byteOffset, encoded.bytes.length),
        );
        await writePacked(encoded.bytes);
      },
    );
  }
  await lane.push(
    () => checked,
    async () => {
      // What is written of it stays as a gap that the directory does not name.
      if (lost !== null) {
        reading.takeBack();
        return request.onLost(member, lost);
      }
      if (cipher !== null) await writePacked(cipher.stream.mac());
      const entry = {
        ...known,
        crc32,
        compressedBytes,
        headerOffset,
        ...(cipher === null ? {} : aesFields(known)),
      };
      await output.write(dataDescriptor(entry));
      context.noteEntry(entry);
    },
  );
}

function startCipher(password: string): { head: Buffer; stream: AesStream } {
  const salt = newSalt();
  const { verifier, open } = openAes(password, salt, aesKeyBytes);
  return { head: Buffer.concat([salt, verifier]), stream: open() };
}

async function shrinks(
  { source }: ArchiveMember & { kind: 'file' },
  { signal, share }: { signal: AbortSignal; share: ThreadShare },
): Promise<boolean> {
  const starts = [0, Math.floor(source.sizeBytes / 2), source.sizeBytes - sampleBytes];
  const sizes = starts.map(async (start) => {
    const literal = Uint8Array.from(await readRange(source, { start, end: start + sampleBytes }, signal));
    const work = {
      literal,
      parts: [sampleBytes],
      dictionaryBytes: 0,
      codec: 'deflate' as const,
      level: 1,
      isLast: true,
    };
    return (await share.run('encodeBlock', work, { signal })).bytes.length;
  });
  const total = (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
  return total < sampleBytes * starts.length * worthwhile;
}
