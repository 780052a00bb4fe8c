import { AppError } from '@longshore/protocol';
import picomatch from 'picomatch';

const maxPatterns = 1000;
const maxPatternLength = 4096;

/**
 * A test for paths. No patterns select everything; a pattern is an exact path or a glob (`**`, `*`, `?`, `[…]`,
 * `{a,b}`; `\` before a character takes it as it is), and one that matches a folder selects all that is beneath it. Throws `BAD_REQUEST` for a pattern
 * that is too long.
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
  const globs = cleaned
    .filter((pattern) => picomatch.scan(pattern).isGlob)
    .map((pattern) => picomatch(pattern, { dot: true, strictSlashes: true, maxLength: maxPatternLength }));
  const matches = (path: string) => exact.has(path) || globs.some((isMatch) => isMatch(path));

  return (path) => {
    if (matches(path)) return true;
    for (let slash = path.indexOf('/'); slash !== -1; slash = path.indexOf('/', slash + 1)) {
      if (matches(path.slice(0, slash))) return true;
    }
    return false;
  };
}
