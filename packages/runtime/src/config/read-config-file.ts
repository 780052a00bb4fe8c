import { readFileSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { AppError } from '@longshore/protocol';
import type { ConfigSpec } from './define-config.ts';
import { nearestName } from './nearest-name.ts';
import { type IniEntry, parseIni } from './parse-ini.ts';
import { type ConfigProblem, type ConfigSource, findKey, type WrittenValue } from './written-value.ts';

/** What an INI file says. Throws `CONFIG_NOT_FOUND` when it cannot be read, `CONFIG_INVALID` when it is no text. */
export function readConfigFile(config: ConfigSpec, file: string): ConfigSource {
  const { sections, entries, malformed } = parseIni(readText(file));
  const written: { section: string; key: string; value: WrittenValue }[] = [];
  const problems: ConfigProblem[] = [];
  const warnings: string[] = [];
  const folder = dirname(resolve(file));
  const refuse = (line: number, reason: string): void => {
    problems.push({ message: `${file}:${line}: ${reason}`, file, line });
  };
  for (const { line, text } of malformed) {
    refuse(line, `${JSON.stringify(text.slice(0, 40))} is neither a [section] nor a key = value`);
  }
  const known = Object.keys(config);
  for (const { line, name } of sections) {
    if (!Object.hasOwn(config, name)) refuse(line, `there is no section [${name}]${suggest(name, known)}`);
  }
  const firstLines = new Map<string, number>();
  for (const entry of entries) {
    const { line, section, key } = entry;
    if (section === '') {
      refuse(line, `${key} stands before the first [section]`);
      continue;
    }
    if (!Object.hasOwn(config, section)) continue;
    const spec = findKey(config, section, key);
    if (spec === undefined) {
      refuse(line, `[${section}] has no key ${key}${suggestKey(config, section, key)}`);
      continue;
    }
    const earlier = firstLines.get(`${section} ${key}`);
    if (earlier !== undefined) {
      warnings.push(`${file}:${line}: [${section}] ${key} replaces the value of line ${earlier}`);
    }
    firstLines.set(`${section} ${key}`, line);
    if (entry.cutOff) warnings.push(cutOffWarning(file, entry));
    written.push({
      section,
      key,
      value: { text: entry.value, origin: 'file', place: `${file}:${line}`, line: { file, line }, folder },
    });
    if (spec.secret && entry.value !== '' && isReadableByAll(file)) {
      warnings.push(`${file} holds [${section}] ${key} and every user can read it; run: chmod 600 ${file}`);
    }
  }
  return { written, problems, warnings };
}

function readText(file: string): string {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(file);
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
    const reason =
      code === 'ENOENT'
        ? 'does not exist'
        : code === 'EISDIR'
          ? 'is a folder'
          : `cannot be read (${String(code)})`;
    throw new AppError('CONFIG_NOT_FOUND', `the configuration file ${resolve(file)} ${reason}`, { cause });
  }
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(bytes);
  } catch (cause) {
    throw new AppError('CONFIG_INVALID', `${file} is not text in UTF-8`, { cause, details: { file } });
  }
}

const suggest = (written: string, known: readonly string[]): string => {
  const nearest = nearestName(written, known);
  return nearest === undefined ? `; there are ${known.join(', ')}` : `; did you mean ${nearest}?`;
};

/** The nearest key of the section, or the section that a key was meant for. */
function suggestKey(config: ConfigSpec, section: string, key: string): string {
  const keysOf = (name: string): string[] => {
    const spec = config[name];
    return spec !== undefined && 'keys' in spec ? Object.keys(spec.keys) : [];
  };
  const elsewhere = Object.keys(config).find((name) => keysOf(name).includes(key));
  return elsewhere === undefined ? suggest(key, keysOf(section)) : `; it belongs to [${elsewhere}]`;
}

const cutOffWarning = (file: string, entry: IniEntry): string =>
  `${file}:${entry.line}: the value of [${entry.section}] ${entry.key} ends at a ";" or "#"; ` +
  'put the value in quotes if that belongs to it';

const isReadableByAll = (file: string): boolean =>
  process.platform !== 'win32' && (statSync(file).mode & 0o004) !== 0;
