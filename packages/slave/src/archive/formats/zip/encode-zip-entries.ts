/** Runs on a thread: makes complete entries of small files and folders. */
import { crc32, deflateRawSync } from 'node:zlib';
import { localHeader, type WrittenEntry } from '@longshore/runtime/zip';
import { type LostFile, lostFile } from '../../threads/read-files.ts';
import { scratchBuffer } from '../../threads/scratch-buffer.ts';
import { type FilePart, readWholeFile } from '../../threads/segment.ts';
import { freeLiteral, freeOutput } from '../../threads/thread-buffers.ts';
import type { WorkResult } from '../../threads/thread-work.ts';
import { aesExtraField, aesKeyBytes, newSalt, openAes } from './win-zip-aes.ts';

export type SmallMember = {
  readonly name: string;
  readonly isFolder: boolean;
  readonly mode: number;
  readonly modifiedAtMs: number;
  /** A file of this machine, or how many bytes of `literal` it takes: 0 for a folder or an empty file. */
  readonly content: FilePart | number;
};

export type EncodeZipEntries = {
  /** The contents that come along, one after the other. */
  readonly literal: Uint8Array;
  readonly members: readonly SmallMember[];
  readonly level: number;
  readonly password: string | null;
};

/** Local headers and data one after the other; header offsets are counted from the start of `bytes`. */
export type EncodedZipEntries = {
  readonly bytes: Uint8Array;
  readonly entries: readonly WrittenEntry[];
  /** Files of this machine that could not be read: they have no entry. */
  readonly lost: readonly LostFile[];
};

export const nameFlags = (name: string): number => (/^[\x20-\x7e]*$/.test(name) ? 0 : 0x0800);

export function encodeZipEntries({
  literal,
  members,
  level,
  password,
}: EncodeZipEntries): WorkResult<EncodedZipEntries> {
  const chunks: Uint8Array[] = [];
  const outputs: { deflated: Buffer; chunkSize: number }[] = [];
  let offset = 0;
  let literalAt = 0;
  const lost: LostFile[] = [];
  const entries = members.flatMap((member, position): WrittenEntry[] => {
    let raw: Buffer;
    try {
      raw = readContent(member, literal, literalAt);
    } catch (error) {
      lost.push(lostFile(position, error));
      return [];
    }
    if (typeof member.content === 'number') literalAt += member.content;
    const chunkSize = raw.length + 1024;
    const deflated = raw.length === 0 ? raw : deflateRawSync(raw, { level, chunkSize });
    const isSmaller = deflated.length < raw.length;
    const plain: PlainEntry = {
      nameBytes: Buffer.from(member.name),
      isFolder: member.isFolder,
      mode: member.mode,
      modifiedAtMs: member.modifiedAtMs,
      flags: nameFlags(member.name),
      method: isSmaller ? 8 : 0,
      crc32: crc32(raw),
      sizeBytes: raw.length,
    };
    const data = isSmaller ? deflated : Buffer.from(raw);
    if (isSmaller) outputs.push({ deflated, chunkSize });
    else if (raw.length > 0) freeOutput(deflated, chunkSize);
    const isSecret = password !== null && !member.isFolder;
    const { entry, packed } = isSecret
      ? encrypted(plain, data, password)
      : { entry: plainEntry(plain, data), packed: data };
    const header = localHeader(entry, false);
    chunks.push(header, packed);
    offset += header.length + packed.length;
    return [{ ...entry, headerOffset: offset - header.length - packed.length }];
  });
  const bytes = Buffer.allocUnsafeSlow(offset);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  for (const { deflated, chunkSize } of outputs) freeOutput(deflated, chunkSize);
  freeLiteral(literal);
  return { output: { bytes, entries, lost }, transfer: [bytes.buffer as ArrayBuffer] };
}

type PlainEntry = Omit<WrittenEntry, 'compressedBytes' | 'headerOffset' | 'extra'>;

const plainEntry = (plain: PlainEntry, data: Buffer): Omit<WrittenEntry, 'headerOffset'> => ({
  ...plain,
  compressedBytes: data.length,
  extra: new Uint8Array(0),
});

function encrypted(plain: PlainEntry, data: Buffer, password: string) {
  const salt = newSalt();
  const { verifier, open } = openAes(password, salt, aesKeyBytes);
  const stream = open();
  stream.encrypt(data);
  const packed = Buffer.concat([salt, verifier, data, stream.mac()]);
  const entry = { ...plain, ...aesFields(plain), compressedBytes: packed.length };
  return { entry, packed };
}

/** What differs in the records of an encrypted entry: the checksum is left out, the method stands in the field. */
export const aesFields = ({ flags, method }: { flags: number; method: number }) => ({
  flags: flags | 1,
  method: 99,
  crc32: 0,
  extra: aesExtraField(method),
});

function readContent({ content }: SmallMember, literal: Uint8Array, literalAt: number): Buffer {
  if (typeof content === 'number')
    return Buffer.from(literal.buffer, literal.byteOffset + literalAt, content);
  const bytes = scratchBuffer(content.fileBytes);
  readWholeFile(content, bytes, 0);
  return bytes;
}
