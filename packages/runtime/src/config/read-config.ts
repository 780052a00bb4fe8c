import { createHash } from 'node:crypto';
import { dirname, resolve } from 'node:path';
import { AppError, type SettingUnit } from '@longshore/protocol';
import { type ConfigSpec, type ConfigValues, environmentName, type KeySpec } from './define-config.ts';
import { readConfigFile } from './read-config-file.ts';
import { readEnvironment } from './read-environment.ts';
import { type ConfigProblem, type ConfigSource, findKey, type WrittenValue } from './written-value.ts';

/** Where a value comes from. A later one wins over an earlier one. */
export type ConfigOrigin = 'default' | 'file' | 'environment' | 'flag';

/** Values that flags set, written as in the file. */
export type ConfigOverrides<Spec extends ConfigSpec> = {
  readonly [Section in keyof Spec]?: Spec[Section] extends { keys: infer Keys }
    ? { readonly [Key in keyof Keys]?: string | undefined }
    : Readonly<Record<string, string | undefined>>;
};

/** One key as it is in force, for people to read. */
export type ConfigEntry = {
  readonly section: string;
  readonly key: string;
  /** As it would stand in the file, a path in full; null when there is none. A secret is `********`. */
  readonly value: string | null;
  readonly origin: ConfigOrigin;
  /** The origin for a person: `default`, `conf.ini:3`, a variable, `command line`. */
  readonly place: string;
  readonly description: string;
  /** A digest of the value, by which a secret that has changed is noticed. */
  readonly fingerprint: string;
  readonly reloads: boolean;
  /** In what the value is counted; null when it is not a number. */
  readonly unit: SettingUnit | null;
};

export type ConfigReading<Spec extends ConfigSpec> = {
  readonly values: ConfigValues<Spec>;
  /** Every key that has an effect, in the order of the description. */
  readonly entries: readonly ConfigEntry[];
  /** Lines for the log: the program can start, but somebody should look. */
  readonly warnings: readonly string[];
};

/**
 * Reads a configuration: defaults, then the INI file, then environment variables, then flags. Throws
 * `CONFIG_NOT_FOUND` when the file cannot be read, and `CONFIG_INVALID` naming every problem at once, each with
 * its place, and the nearest known name or what is allowed.
 */
export function readConfig<const Spec extends ConfigSpec>(options: {
  config: Spec;
  file?: string | undefined;
  env: Readonly<Record<string, string | undefined>>;
  overrides?: ConfigOverrides<Spec>;
}): ConfigReading<Spec> {
  const { config, file } = options;
  const sources = [
    ...(file === undefined ? [] : [readConfigFile(config, file)]),
    readEnvironment(config, options.env),
    readOverrides(options.overrides ?? {}),
  ];
  const problems = sources.flatMap((source) => source.problems);
  const warnings = sources.flatMap((source) => source.warnings);
  const winners = new Map<string, Map<string, WrittenValue>>();
  for (const { section, key, value } of sources.flatMap((source) => source.written)) {
    const keys = winners.get(section) ?? new Map<string, WrittenValue>();
    winners.set(section, keys.set(key, value));
  }

  const values: Record<string, Record<string, unknown>> = {};
  const entries: ConfigEntry[] = [];
  const defaultsFolder = file === undefined ? process.cwd() : dirname(resolve(file));
  for (const [section, spec] of Object.entries(config)) {
    const found = winners.get(section) ?? new Map<string, WrittenValue>();
    const sectionValues: Record<string, unknown> = Object.create(null);
    for (const key of 'keys' in spec ? Object.keys(spec.keys) : found.keys()) {
      const keySpec = findKey(config, section, key);
      if (keySpec === undefined) continue;
      const value = found.get(key);
      const name = `[${section}] ${key}`;
      if (value === undefined) {
        if (keySpec.default !== undefined) {
          sectionValues[key] = keySpec.type.parse(keySpec.default, defaultsFolder);
        } else if (keySpec.required) {
          const places = [...(file === undefined ? [] : [file]), environmentName(section, key)].join(' or ');
          problems.push({ message: `${name} is missing: give ${keySpec.type.allowed} in ${places}` });
        }
      } else if (keySpec.ignored) {
        warnings.push(`${value.place}: ${name} has no effect in this version`);
      } else {
        sectionValues[key] = parseWritten(keySpec, value);
        if (sectionValues[key] === undefined) problems.push(refusal(name, keySpec, value));
      }
      if (keySpec.ignored) continue;
      const written = value === undefined ? keySpec.default : (value.text ?? keySpec.type.alone);
      entries.push(describe({ section, key, keySpec, written, parsed: sectionValues[key], value }));
    }
    values[section] = sectionValues;
  }
  if (problems.length > 0) throw invalid(problems);
  return {
    values: values as ConfigValues<Spec>,
    entries,
    warnings,
  };
}

/** The place of a value that is in force, for people. */
export const placeOf = (entries: readonly ConfigEntry[], section: string, key: string): string =>
  entries.find((entry) => entry.section === section && entry.key === key)?.place ?? 'default';

function describe(found: {
  section: string;
  key: string;
  keySpec: KeySpec;
  written: string | undefined;
  parsed: unknown;
  value: WrittenValue | undefined;
}): ConfigEntry {
  const { section, key, keySpec, written, parsed } = found;
  const shown = typeof parsed === 'string' ? parsed : (written ?? null);
  return {
    section,
    key,
    value: shown !== null && shown !== '' && keySpec.secret ? '********' : shown,
    origin: found.value?.origin ?? 'default',
    place: found.value?.place ?? 'default',
    description: keySpec.description,
    fingerprint: createHash('sha256').update(JSON.stringify(shown)).digest('hex'),
    reloads: keySpec.reloads === true,
    unit: keySpec.type.unit ?? null,
  };
}

function readOverrides(overrides: Readonly<Record<string, unknown>>): ConfigSource {
  const written: { section: string; key: string; value: WrittenValue }[] = [];
  for (const [section, keys] of Object.entries(overrides)) {
    for (const [key, text] of Object.entries(keys ?? {})) {
      if (typeof text !== 'string') continue;
      written.push({
        section,
        key,
        value: { text, origin: 'flag', place: 'command line', folder: process.cwd() },
      });
    }
  }
  return { written, problems: [], warnings: [] };
}

function parseWritten(keySpec: KeySpec, value: WrittenValue): unknown {
  const text = value.text ?? keySpec.type.alone;
  return text === undefined ? undefined : keySpec.type.parse(text, value.folder);
}

function refusal(name: string, keySpec: KeySpec, value: WrittenValue): ConfigProblem {
  const written =
    value.text === null
      ? ' has no value'
      : keySpec.secret
        ? ' is not allowed'
        : ` = ${JSON.stringify(value.text.slice(0, 80))} is not allowed`;
  const message = `${value.place}: ${name}${written}: give ${keySpec.type.allowed}`;
  return { message, ...value.line };
}

function invalid(unsorted: readonly ConfigProblem[]): AppError {
  const problems = unsorted.toSorted((a, b) => (a.line ?? Infinity) - (b.line ?? Infinity));
  const messages = problems.map((problem) => problem.message);
  const message =
    messages.length === 1 ? (messages[0] ?? '') : `${messages.length} problems:\n  ${messages.join('\n  ')}`;
  return new AppError('CONFIG_INVALID', message, { details: { problems } });
}
