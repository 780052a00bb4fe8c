/**
 * The bytes of a zip around its files: everything is stored and not compressed, so that with sizes and CRC-32 known
 * beforehand each byte has its place before the first is read. Source: APPNOTE.TXT 6.3.10.
 */
import { directoryRecord, endRecords, localHeader, type WrittenEntry } from '@longshore/runtime/zip';

export type ZipMember = {
  readonly kind: 'file' | 'folder';
  /** Without a slash at the end. */
  readonly path: string;
  readonly modifiedAtMs: number;
  readonly mode: number;
  readonly sizeBytes: number;
  readonly crc32: number;
};

/** Names are UTF-8 (bit 11), always: a reader never has to guess. */
const utf8Names = 0x0800;
const stored = 0;

const toEntry = (member: ZipMember, headerOffset: number): WrittenEntry => ({
  nameBytes: Buffer.from(member.kind === 'folder' ? `${member.path}/` : member.path),
  isFolder: member.kind === 'folder',
  mode: member.mode,
  modifiedAtMs: member.modifiedAtMs,
  flags: utf8Names,
  method: stored,
  crc32: member.crc32,
  compressedBytes: member.sizeBytes,
  sizeBytes: member.sizeBytes,
  headerOffset,
  extra: new Uint8Array(0),
});

/** What stands in front of the bytes of a member. */
export const memberHeader = (member: ZipMember): Buffer => localHeader(toEntry(member, 0), false);

/** The entry of a member, whose header stands at `offset`, in the directory. */
export const memberRecord = (member: ZipMember, offset: number): Buffer =>
  directoryRecord(toEntry(member, offset));

export const zipEnd = (zip: { entries: number; directoryOffset: number; directoryBytes: number }): Buffer =>
  endRecords({ start: zip.directoryOffset, bytes: zip.directoryBytes, entries: zip.entries });
