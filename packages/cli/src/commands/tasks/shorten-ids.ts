const shortest = 8;

/** How many characters of the ids are needed to tell them apart, eight at least. */
export function shortIdLength(ids: readonly string[]): number {
  const sorted = ids.toSorted();
  return sorted.reduce((length, id, index) => {
    const before = sorted[index - 1];
    if (before === undefined || before === id) return length;
    let common = 0;
    while (common < id.length && before[common] === id[common]) common += 1;
    return Math.max(length, common + 1);
  }, shortest);
}
