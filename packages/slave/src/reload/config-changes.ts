import type { ConfigEntry } from '@longshore/runtime';

/** A setting in force, with what is written for after a restart. */
export type SettingInForce = ConfigEntry & {
  readonly pending: { readonly value: string | null; readonly place: string } | null;
};

const nameOf = ({ section, key }: ConfigEntry): string => `[${section}] ${key}`;

export type ConfigChange = { readonly key: string; readonly from: string | null; readonly to: string | null };

/** What differs between two readings: what a running slave takes at once, and what waits for a restart. */
export function configChanges(
  before: readonly ConfigEntry[],
  after: readonly ConfigEntry[],
): { readonly reloaded: readonly ConfigChange[]; readonly needRestart: readonly ConfigChange[] } {
  const old = new Map(before.map((entry) => [nameOf(entry), entry]));
  const kept = new Set(after.map(nameOf));
  const gone = before.filter((entry) => !kept.has(nameOf(entry)));
  const changes = [
    ...after
      .filter((entry) => old.get(nameOf(entry))?.fingerprint !== entry.fingerprint)
      .map((entry) => ({ entry, from: old.get(nameOf(entry))?.value ?? null, to: entry.value })),
    ...gone.map((entry) => ({ entry, from: entry.value, to: null })),
  ];
  const those = (reloads: boolean): ConfigChange[] =>
    changes
      .filter(({ entry }) => entry.reloads === reloads)
      .map(({ entry, from, to }) => ({ key: nameOf(entry), from, to }));
  return { reloaded: those(true), needRestart: those(false) };
}

/** What is in force after a reading: what can be taken at once is, the rest is as before and waits for a restart. */
export function settingsInForce(options: {
  before: readonly ConfigEntry[];
  reading: readonly ConfigEntry[];
  file: string | undefined;
}): SettingInForce[] {
  const { before, reading, file = 'environment' } = options;
  const fresh = new Map(reading.map((entry) => [nameOf(entry), entry]));
  const known = new Set(before.map(nameOf));
  const kept = before.map((entry): SettingInForce => {
    const read = fresh.get(nameOf(entry));
    if (entry.reloads) return { ...(read ?? entry), pending: null };
    if (read?.fingerprint === entry.fingerprint) return { ...entry, pending: null };
    const pending = read === undefined ? { value: null, place: file } : pendingOf(read);
    return { ...entry, pending };
  });
  const added = reading
    .filter((entry) => !known.has(nameOf(entry)))
    .map(
      (entry): SettingInForce => ({
        ...entry,
        value: null,
        origin: 'default',
        place: 'default',
        pending: pendingOf(entry),
      }),
    );
  return [...kept, ...added];
}

const pendingOf = ({ value, place }: ConfigEntry) => ({ value, place });
