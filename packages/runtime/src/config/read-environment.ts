import { type ConfigSpec, environmentName } from './define-config.ts';
import { editDistance, nearestName } from './nearest-name.ts';
import type { ConfigSource, WrittenValue } from './written-value.ts';

/** More than so many wrong letters, and the variable is of another program. */
const mostTypos = 2;

/**
 * What environment variables say. An empty variable counts as not set. In a free map the name is what follows the
 * section, in lower case. A variable of a known section that is no key of it, or of a section with nearly that name,
 * is only warned about, because a program that this one starts may read it.
 */
export function readEnvironment(
  config: ConfigSpec,
  env: Readonly<Record<string, string | undefined>>,
): ConfigSource {
  const variables = new Map<string, { section: string; key: string }>();
  const prefixes: { prefix: string; section: string; free: boolean }[] = [];
  for (const [section, spec] of Object.entries(config)) {
    prefixes.push({ prefix: environmentName(section, ''), section, free: 'entries' in spec });
    if (!('keys' in spec)) continue;
    for (const key of Object.keys(spec.keys)) variables.set(environmentName(section, key), { section, key });
  }
  const written: { section: string; key: string; value: WrittenValue }[] = [];
  const warnings: string[] = [];
  for (const [variable, text] of Object.entries(env)) {
    if (text === undefined || text === '' || !variable.startsWith('LONGSHORE_')) continue;
    const value = { text, origin: 'environment', place: variable, folder: process.cwd() } as const;
    const known = variables.get(variable);
    if (known !== undefined) {
      written.push({ ...known, value });
      continue;
    }
    const owner = prefixes.find(({ prefix }) => variable.startsWith(prefix) && variable !== prefix);
    if (owner?.free) {
      written.push({
        section: owner.section,
        key: variable.slice(owner.prefix.length).toLowerCase(),
        value,
      });
    } else {
      const nearest =
        owner === undefined
          ? [...variables.keys()].find((name) => editDistance(variable, name) <= mostTypos)
          : nearestName(variable, [...variables.keys()]);
      if (owner === undefined && nearest === undefined) continue;
      warnings.push(`${variable} is not read${nearest === undefined ? '' : `; did you mean ${nearest}?`}`);
    }
  }
  return { written, problems: [], warnings };
}
