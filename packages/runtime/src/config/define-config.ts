import type { ValueType } from './value-types.ts';

/** One key of a section. `default` is written as it would stand in the file. */
export type KeySpec = {
  readonly type: ValueType<unknown>;
  readonly default?: string;
  readonly required?: true;
  /** The value is never shown, and a file that holds it should be readable by its owner only. */
  readonly secret?: true;
  /** Accepted with any value, because files written for other programs hold it; a warning says it does nothing. */
  readonly ignored?: true;
  /** A running program takes a new value when it reads its configuration again. */
  readonly reloads?: true;
  readonly description: string;
};

/** A section is either a fixed set of `keys`, or a free map whose names the user chooses. */
export type SectionSpec =
  | { readonly description: string; readonly keys: Readonly<Record<string, KeySpec>> }
  | { readonly description: string; readonly entries: ValueType<unknown> };

export type ConfigSpec = Readonly<Record<string, SectionSpec>>;

type ValueOf<Key extends KeySpec> =
  Key['type'] extends ValueType<infer Value>
    ? Key extends { required: true } | { default: string }
      ? Value
      : Value | undefined
    : never;

/** What the program reads: `values.Slave.Secret`. A key without default that is not required may be undefined. */
export type ConfigValues<Spec extends ConfigSpec> = {
  readonly [Section in keyof Spec]: Spec[Section] extends { keys: infer Keys extends Record<string, KeySpec> }
    ? { readonly [Key in keyof Keys]: ValueOf<Keys[Key]> }
    : Spec[Section] extends { entries: ValueType<infer Value> }
      ? Readonly<Record<string, Value>>
      : never;
};

/**
 * Describes a configuration as data, from which it is read, checked and documented. Throws when two keys would
 * share an environment variable or a default is not allowed by its own type: both are mistakes of the program.
 */
export function defineConfig<const Spec extends ConfigSpec>(spec: Spec): Spec {
  const owners = new Map<string, string>();
  for (const [section, sectionSpec] of Object.entries(spec)) {
    if (!('keys' in sectionSpec)) continue;
    for (const [key, keySpec] of Object.entries(sectionSpec.keys)) {
      const name = `[${section}] ${key}`;
      const variable = environmentName(section, key);
      const owner = owners.get(variable);
      if (owner !== undefined) throw new Error(`${owner} and ${name} share ${variable}`);
      owners.set(variable, name);
      if (keySpec.default !== undefined && keySpec.type.parse(keySpec.default, '/') === undefined) {
        throw new Error(`the default of ${name} is not ${keySpec.type.allowed}`);
      }
    }
  }
  return spec;
}

/**
 * The environment variable of a key: `LONGSHORE_`, the section, `_` and the key, in upper case, with `_` between
 * the words: `[System] GracePeriod` is `LONGSHORE_SYSTEM_GRACE_PERIOD`, `[OptionOverwrite] queue_slave_max_retry`
 * is `LONGSHORE_OPTION_OVERWRITE_QUEUE_SLAVE_MAX_RETRY`, `[CORS] AllowOrigins` is `LONGSHORE_CORS_ALLOW_ORIGINS`.
 */
export const environmentName = (section: string, key: string): string =>
  `LONGSHORE_${upperSnake(section)}_${upperSnake(key)}`;

const upperSnake = (name: string): string =>
  name
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replace(/([A-Z])([A-Z][a-z])/g, '$1_$2')
    .toUpperCase();
