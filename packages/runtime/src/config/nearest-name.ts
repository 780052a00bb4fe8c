/** Fewer letters stand in too many names. */
const shortestPart = 4;

/**
 * The known name that a person most likely meant: the one that differs least, else the shortest of which one is a part
 * of the other. Undefined when none is close. Case does not count.
 */
export function nearestName(written: string, known: readonly string[]): string | undefined {
  const wanted = written.toLowerCase();
  let best: { name: string; distance: number } | undefined;
  for (const name of known) {
    const distance = editDistance(wanted, name.toLowerCase());
    const close = distance <= Math.max(2, Math.floor(Math.max(wanted.length, name.length) / 3));
    if (close && distance < (best?.distance ?? Infinity)) best = { name, distance };
  }
  return best?.name ?? nameWith(wanted, known);
}

function nameWith(wanted: string, known: readonly string[]): string | undefined {
  const [shortest] = known
    .filter((name) => {
      const [part = '', whole = ''] = [wanted, name.toLowerCase()].sort((a, b) => a.length - b.length);
      return part.length >= shortestPart && whole.includes(part);
    })
    .sort((a, b) => a.length - b.length);
  return shortest;
}

/** Levenshtein's distance: letters to insert, delete or replace. */
export function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
