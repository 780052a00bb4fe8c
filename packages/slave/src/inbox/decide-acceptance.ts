export type Acceptance =
  | { readonly type: 'known' }
  | { readonly type: 'outdated'; readonly by: number }
  /** `supersedes` are earlier attempts of the part that have not ended here; they have lost their lease. */
  | { readonly type: 'new'; readonly supersedes: readonly number[] };

/** What to do with an attempt of a part of which `seen` were accepted before, the highest number first. */
export function decideAcceptance(
  number: number,
  seen: readonly { readonly attempt: number; readonly final: boolean }[],
): Acceptance {
  const highest = seen[0]?.attempt ?? 0;
  if (number === highest) return { type: 'known' };
  if (number < highest) return { type: 'outdated', by: highest };
  return { type: 'new', supersedes: seen.filter(({ final }) => !final).map(({ attempt }) => attempt) };
}
