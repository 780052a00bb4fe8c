import { createHash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { memberHeader, memberRecord, type ZipMember, zipEnd } from './zip-layout.ts';

export type PlannedZip<Member> = {
  readonly entries: readonly (Member & { readonly offset: number; readonly recordOffset: number })[];
  readonly directoryOffset: number;
  readonly sizeBytes: number;
  /** Equal for equal bytes of the whole zip. */
  readonly digest: string;
};

/** So many members are placed at once before others have their turn. */
const membersPerTurn = 1000;

/** Gives each member its place, in their order. `sha256` is that of a file's bytes. */
export async function planZip<Member extends ZipMember & { readonly sha256: string | null }>(
  members: readonly Member[],
): Promise<PlannedZip<Member>> {
  const placed: (Member & { offset: number; recordOffset: number })[] = [];
  const digest = createHash('sha256');
  let offset = 0;
  let directoryBytes = 0;
  for (const [index, member] of members.entries()) {
    if (index % membersPerTurn === membersPerTurn - 1) await setImmediate();
    const record = memberRecord(member, offset);
    digest.update(record).update(member.sha256 ?? '');
    placed.push({ ...member, offset, recordOffset: directoryBytes });
    offset += memberHeader(member).length + member.sizeBytes;
    directoryBytes += record.length;
  }
  const directoryOffset = offset;
  const end = zipEnd({ entries: members.length, directoryOffset, directoryBytes });
  return {
    entries: placed.map((entry) => ({ ...entry, recordOffset: directoryOffset + entry.recordOffset })),
    directoryOffset,
    sizeBytes: directoryOffset + directoryBytes + end.length,
    digest: digest.digest('hex'),
  };
}
