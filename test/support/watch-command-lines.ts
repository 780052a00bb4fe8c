import { readdirSync, readFileSync } from 'node:fs';

/** The command lines of all processes of this machine, as any user can see them, looked at again and again. */
export type CommandLines = { seen(): string; stop(): void };

export function watchCommandLines(everyMs = 5): CommandLines {
  const seen = new Set<string>();
  const look = (): void => {
    for (const entry of readdirSync('/proc')) {
      if (!/^\d+$/.test(entry)) continue;
      try {
        seen.add(readFileSync(`/proc/${entry}/cmdline`, 'latin1').replaceAll('\0', ' '));
      } catch {
        // It ended between the listing and the look.
      }
    }
  };
  const timer = setInterval(look, everyMs);
  return { seen: () => [...seen].join('\n'), stop: () => clearInterval(timer) };
}
