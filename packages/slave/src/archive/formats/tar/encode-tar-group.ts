import { constants, zstdCompressSync } from 'node:zlib';
import { type LostFile, lostFile } from '../../threads/read-files.ts';
import { scratchBuffer } from '../../threads/scratch-buffer.ts';
import { type FilePart, readFilePart, readWholeFile } from '../../threads/segment.ts';
import { freeLiteral, giveAway } from '../../threads/thread-buffers.ts';
import type { WorkResult } from '../../threads/thread-work.ts';
import { paddingBytes, type TarMember, writeTarHeader, writeTarSeam } from './write-tar-header.ts';

export type TarPiece =
  /** A header; with a file also its content and padding, or nothing at all when the file is lost. */
  | { readonly kind: 'member'; readonly member: TarMember; readonly file: FilePart | null }
  | { readonly kind: 'literal'; readonly bytes: number }
  | { readonly kind: 'part'; readonly part: FilePart }
  | { readonly kind: 'zeros'; readonly bytes: number }
  | { readonly kind: 'seam'; readonly half: 'head' | 'rest' };

export type EncodeTarGroup = {
  readonly pieces: readonly TarPiece[];
  readonly literal: Uint8Array;
  readonly level: number;
};

export type EncodedTarGroup = { readonly bytes: Uint8Array; readonly lost: readonly LostFile[] };

/** Matches may reach back over a whole group. RFC 8878 asks every decoder for twice as much. */
const windowLog = 22;

/** Runs on a thread: lays out a stretch of a tar and compresses it as a Zstandard frame. */
export function encodeTarGroup({ pieces, literal, level }: EncodeTarGroup): WorkResult<EncodedTarGroup> {
  const { raw, lost } = layOut(pieces, literal);
  freeLiteral(literal);
  // Enough for what does not shrink.
  const chunkSize = raw.length + (raw.length >>> 7) + 1024;
  const params = {
    [constants.ZSTD_c_compressionLevel]: zstdLevel(level),
    [constants.ZSTD_c_windowLog]: windowLog,
    [constants.ZSTD_c_checksumFlag]: 1,
  };
  const bytes = giveAway(zstdCompressSync(raw, { chunkSize, params }), chunkSize);
  return { output: { bytes, lost }, transfer: [bytes.buffer] };
}

const zstdLevel = (level: number): number => (level <= 6 ? Math.ceil(level / 2) : level * 2);

function layOut(pieces: readonly TarPiece[], literal: Uint8Array): { raw: Buffer; lost: LostFile[] } {
  const headers = pieces.map(headerOf);
  const total = pieces.reduce((sum, piece, at) => sum + (headers[at]?.length ?? 0) + contentBytes(piece), 0);
  const raw = scratchBuffer(total);
  const lost: LostFile[] = [];
  let at = 0;
  let literalAt = 0;
  for (const [position, piece] of pieces.entries()) {
    const header = headers[position];
    const start = at + (header?.length ?? 0);
    const bytes = contentBytes(piece);
    if (header !== undefined) raw.set(header, at);
    if (piece.kind === 'zeros') raw.fill(0, start, start + bytes);
    if (piece.kind === 'part') readFilePart(piece.part, raw, start);
    if (piece.kind === 'literal') {
      raw.set(literal.subarray(literalAt, literalAt + bytes), start);
      literalAt += bytes;
    }
    if (piece.kind === 'member' && piece.file !== null) {
      try {
        readWholeFile(piece.file, raw, start);
        raw.fill(0, start + piece.file.fileBytes, start + bytes);
      } catch (error) {
        lost.push(lostFile(position, error));
        continue;
      }
    }
    at = start + bytes;
  }
  return { raw: raw.subarray(0, at), lost };
}

function headerOf(piece: TarPiece): Buffer | undefined {
  if (piece.kind === 'member') return writeTarHeader(piece.member);
  return piece.kind === 'seam' ? writeTarSeam()[piece.half] : undefined;
}

/** What a piece takes behind its header. */
function contentBytes(piece: TarPiece): number {
  switch (piece.kind) {
    case 'member':
      return piece.file === null ? 0 : piece.file.fileBytes + paddingBytes(piece.file.fileBytes);
    case 'part':
      return piece.part.end - piece.part.start;
    case 'literal':
    case 'zeros':
      return piece.bytes;
    case 'seam':
      return 0;
    default:
      return piece satisfies never;
  }
}
