export type SelectionCost = {
  readonly entries: number;
  readonly wantedEntries: number;
  readonly bytes: number;
  readonly wantedBytes: number;
};

/** 7-Zip compares each name of the archive with each it was given, which takes as long as to decode so many bytes. */
const bytesPerComparison = 0.5;

/** Whether 7-Zip shall be told the wanted entries by name, or write all of them for us to pass by most. */
export function isNamingCheaper({ entries, wantedEntries, bytes, wantedBytes }: SelectionCost): boolean {
  const passedBytes = bytes - wantedBytes;
  return passedBytes > Math.max(wantedBytes, entries * wantedEntries * bytesPerComparison);
}
