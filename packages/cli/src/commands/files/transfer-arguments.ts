import { CommandError } from '../../errors/command-error.ts';
import { parseSource } from '../../transfer/parse-source.ts';

/** `SOURCE... DESTINATION`, which commander can only read as one list. */
export function transferArguments(paths: readonly string[], example: string) {
  const destination = paths.at(-1) ?? '';
  const sources = paths.slice(0, -1).map(parseSource);
  if (sources.length > 0) return { sources, destination };
  throw CommandError.local('USAGE', 'name what to transfer and where to', {
    hint: `For example: ${example}`,
  });
}
