import { freeChunk } from '@longshore/runtime';
import type { CreateRequest } from '../../archive-format.ts';
import type { ArchiveMember } from '../../ports.ts';
import { isSmallMember, readAhead } from '../../read-ahead.ts';
import { type FilePart, segmentLength, sliceSegment } from '../../threads/segment.ts';
import type { TarPiece } from './encode-tar-group.ts';
import { largeMember } from './large-member.ts';
import { paddingBytes, tarMember } from './write-tar-header.ts';

/** A stretch of a tar for a thread to lay out, and what to tell of it when it was. */
export type TarGroup = {
  readonly pieces: readonly TarPiece[];
  /** What the pieces take their bytes from that are no part of a file; it may be longer than they need. */
  readonly literal: Uint8Array;
  /** The small files of this machine, by the position of their piece. */
  readonly files: ReadonlyMap<number, ArchiveMember & { readonly kind: 'file' }>;
  /** How much of it is read from files of this machine. */
  readonly fileBytes: number;
  /** How many members end in it. */
  readonly entries: number;
};

const groupBytes = 4 * 1024 * 1024;
const headerBytes = 512;
const endBytes = 1024;

/**
 * Cuts the tar of the members into groups of about 4 MiB. Where they are cut depends on nothing but the members, and is
 * always inside of one or in a header that continues: a tar that was cut off between two groups is not whole.
 */
export async function* tarGroups(request: CreateRequest): AsyncGenerator<TarGroup, void> {
  const { signal, meter } = request;
  let group = createGroup();
  for await (const { member, content } of readAhead(request)) {
    const isSmall = isSmallMember(member);
    const isLarge = member.kind === 'file' && !isSmall;
    const sizeBytes = member.kind === 'file' ? member.source.sizeBytes : 0;
    if (!group.hasRoom(headerBytes + (isSmall ? sizeBytes : 0))) {
      group.add({ kind: 'seam', half: 'head' }, headerBytes);
      yield group.close();
      group = createGroup();
      group.add({ kind: 'seam', half: 'rest' }, headerBytes);
    }
    if (isSmall && content === null) {
      group.addFile(member);
      continue;
    }
    group.add({ kind: 'member', member: tarMember(member), file: null }, headerBytes);
    if (content !== null) {
      group.addLiteral(content);
      freeChunk(content);
    }
    if (isLarge) {
      for await (const segment of largeMember(member, { signal, reading: meter.member() })) {
        let rest = segment;
        while (segmentLength(rest) > 0) {
          if (group.room() === 0) {
            yield group.close();
            group = createGroup();
          }
          const fits = Math.min(segmentLength(rest), group.room());
          const piece = sliceSegment(rest, 0, fits);
          if ('bytes' in piece) group.addLiteral(piece.bytes);
          else group.addPart(piece);
          rest = sliceSegment(rest, fits, segmentLength(rest));
        }
        if ('bytes' in segment) freeChunk(segment.bytes);
      }
    }
    group.add({ kind: 'zeros', bytes: paddingBytes(sizeBytes) }, paddingBytes(sizeBytes));
    group.endMember();
  }
  group.add({ kind: 'zeros', bytes: endBytes }, endBytes);
  yield group.close();
}

function createGroup() {
  const pieces: TarPiece[] = [];
  const files = new Map<number, ArchiveMember & { readonly kind: 'file' }>();
  let bytes = 0;
  /** Filled from the front; made when it is needed, since most groups of this machine's files have none. */
  let literal = new Uint8Array(0);
  let literalBytes = 0;
  let fileBytes = 0;
  let entries = 0;

  const add = (piece: TarPiece, length: number): void => {
    pieces.push(piece);
    bytes += length;
  };
  const room = (): number => Math.max(0, groupBytes - bytes);

  return {
    add,
    room,
    /** True when so much can be added, or nothing has been. */
    hasRoom: (length: number): boolean => bytes === 0 || length + headerBytes <= room(),
    addFile(member: ArchiveMember & { readonly kind: 'file' }): void {
      const { localPath, sizeBytes, sha256, noteRead } = member.source;
      noteRead?.(sizeBytes);
      files.set(pieces.length, member);
      const file = { path: localPath ?? '', start: 0, end: sizeBytes, fileBytes: sizeBytes, sha256 };
      add(
        { kind: 'member', member: tarMember(member), file: { ...file, name: member.path } },
        headerBytes + sizeBytes + paddingBytes(sizeBytes),
      );
      fileBytes += sizeBytes;
      entries += 1;
    },
    addPart(part: FilePart): void {
      add({ kind: 'part', part }, part.end - part.start);
      fileBytes += part.end - part.start;
    },
    /** Copies them. */
    addLiteral(content: Uint8Array): void {
      if (literal.length === 0) literal = new Uint8Array(groupBytes);
      literal.set(content, literalBytes);
      literalBytes += content.length;
      add({ kind: 'literal', bytes: content.length }, content.length);
    },
    endMember(): void {
      entries += 1;
    },
    close(): TarGroup {
      return { pieces, literal, files, fileBytes, entries };
    },
  };
}
