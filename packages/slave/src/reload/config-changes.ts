import type { ConfigEntry } from '@longshore/runtime';

export type ConfigChange = { readonly key: string; readonly from: string | null; readonly to: string | null };

/** What differs between two readings: what a running slave takes at once, and what waits for a restart. */
export function configChanges(
  before: readonly ConfigEntry[],
  after: readonly ConfigEntry[],
): { readonly reloaded: readonly ConfigChange[]; readonly needRestart: readonly ConfigChange[] } {
  const name = ({ section, key }: ConfigEntry): string => `[${section}] ${key}`;
  const old = new Map(before.map((entry) => [name(entry), entry]));
  const kept = new Set(after.map(name));
  const gone = before.filter((entry) => !kept.has(name(entry)));
  const changes = [
    ...after
      .filter((entry) => old.get(name(entry))?.fingerprint !== entry.fingerprint)
      .map((entry) => ({ entry, from: old.get(name(entry))?.value ?? null, to: entry.value })),
    ...gone.map((entry) => ({ entry, from: entry.value, to: null })),
  ];
  const those = (reloads: boolean): ConfigChange[] =>
    changes
      .filter(({ entry }) => entry.reloads === reloads)
      .map(({ entry, from, to }) => ({ key: name(entry), from, to }));
  return { reloaded: those(true), needRestart: those(false) };
}
