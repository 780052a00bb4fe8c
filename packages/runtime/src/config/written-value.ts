import type { ConfigSpec, KeySpec } from './define-config.ts';

/** A value as it was written somewhere, before it is understood. */
export type WrittenValue = {
  /** Null when the key stands alone. */
  readonly text: string | null;
  readonly origin: 'file' | 'environment' | 'flag';
  /** Names the place for a person: `conf.ini:3`, a variable, a flag. */
  readonly place: string;
  /** The line, for a value of a file. */
  readonly line?: FileLine;
  /** From where relative paths are seen. */
  readonly folder: string;
};

export type FileLine = { readonly file: string; readonly line: number };

/** One reason why a configuration is refused. */
export type ConfigProblem = { readonly message: string } & Partial<FileLine>;

/** What one source of values found. Later values of the same key win. */
export type ConfigSource = {
  readonly written: readonly { section: string; key: string; value: WrittenValue }[];
  readonly problems: readonly ConfigProblem[];
  readonly warnings: readonly string[];
};

/** The description of a key that exists; every name is a key of a free map. */
export function findKey(config: ConfigSpec, section: string, key: string): KeySpec | undefined {
  const spec = Object.hasOwn(config, section) ? config[section] : undefined;
  if (spec === undefined) return undefined;
  if ('entries' in spec) return { type: spec.entries, description: spec.description };
  return Object.hasOwn(spec.keys, key) ? spec.keys[key] : undefined;
}
