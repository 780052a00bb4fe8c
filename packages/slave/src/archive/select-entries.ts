import { AppError } from '@longshore/protocol';
import { matchGlob } from './match-glob.ts';
import { isGlob, parseGlob } from './parse-glob.ts';

const maxPatterns = 1000;
const maxPatternLength = 4096;

/**
 * A test for paths. No patterns select everything; a pattern is an exact path or a glob as in `parseGlob`, and one that
 * matches a folder selects all that is beneath it. Throws `BAD_REQUEST` for a pattern that is too long.
 */
export function selectEntries(patterns: readonly string[]): (path: string) => boolean {
  if (patterns.length === 0) return () => true;
  if (patterns.length > maxPatterns || patterns.some((pattern) => pattern.length > maxPatternLength)) {
    throw new AppError(
      'BAD_REQUEST',
      `more than ${maxPatterns} patterns, or one over ${maxPatternLength} characters`,
    );
  }
  const cleaned = patterns.map((pattern) => pattern.normalize('NFC').replace(/^(\.?\/)+|\/+$/g, ''));
  const exact = new Set(cleaned.flatMap((pattern) => [pattern, pattern.replace(/\\(.)/g, '$1')]));
  // What is beneath a folder is selected with it, so a `/**` at the end says nothing more.
  const globs = cleaned
    .filter(isGlob)
    .flatMap((pattern) => parseGlob(pattern.replace(/(?<=^|[^\\/])(\/\*\*)+$/, '')));

  return (path) => {
    if (exact.has(path)) return true;
    for (let slash = path.indexOf('/'); slash !== -1; slash = path.indexOf('/', slash + 1)) {
      if (exact.has(path.slice(0, slash))) return true;
    }
    return globs.some((steps) => matchGlob(steps, path));
  };
}
