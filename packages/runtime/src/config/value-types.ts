import { homedir } from 'node:os';
import { resolve } from 'node:path';
import type { SettingUnit } from '@longshore/protocol';

/** How the text of a configuration value becomes a value. */
export type ValueType<Value> = {
  /** What may be written, as the end of "give …". */
  readonly allowed: string;
  /** Undefined when the text is not allowed. Relative paths are seen from `folder`. */
  parse(text: string, folder: string): Value | undefined;
  /** The text that a key without "=" stands for; without it such a key is refused. */
  readonly alone?: string;
  /** In what a number is counted, so that it can be shown in words. */
  readonly unit?: SettingUnit;
};

/** `host` is null for every address of the machine. Port 0 lets the system choose one. */
export type ListenAddress = { readonly host: string | null; readonly port: number };

export const text = (limits: { minLength?: number; maxLength?: number } = {}): ValueType<string> => {
  const { minLength = 1, maxLength = 4096 } = limits;
  return {
    allowed: `a text of ${minLength} to ${maxLength} characters`,
    parse: (value) => (value.length >= minLength && value.length <= maxLength ? value : undefined),
  };
};

export const integer = (
  limits: { min?: number; max?: number; unit?: SettingUnit } = {},
): ValueType<number> => ({
  unit: limits.unit ?? 'count',
  allowed: `a whole number${range(limits)}`,
  parse: (value) => (/^[+-]?\d{1,15}$/.test(value) ? within(Number(value), limits) : undefined),
});

export const decimal = (limits: { min?: number; max?: number } = {}): ValueType<number> => ({
  allowed: `a number${range(limits)}`,
  parse: (value) => (/^[+-]?\d{1,15}(\.\d{1,9})?$/.test(value) ? within(Number(value), limits) : undefined),
});

/** Seconds as they are written, milliseconds as they are read. The limits are in seconds. */
export const seconds = (limits: { min?: number; max?: number } = {}): ValueType<number> => ({
  unit: 'seconds',
  allowed: `a number of seconds${range({ min: 0, ...limits })}`,
  parse: (value) => {
    if (!/^\d{1,10}(\.\d{1,3})?$/.test(value)) return undefined;
    const inSeconds = within(Number(value), limits);
    return inSeconds === undefined ? undefined : Math.round(inSeconds * 1000);
  },
});

const byteUnits: Record<string, number> = {
  '': 1,
  B: 1,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  KIB: 2 ** 10,
  MIB: 2 ** 20,
  GIB: 2 ** 30,
  TIB: 2 ** 40,
};

/** A size such as `512 MiB`, `1.5 GB` or plain bytes. */
export const byteSize = (limits: { minBytes?: number } = {}): ValueType<number> => {
  const { minBytes = 0 } = limits;
  return {
    unit: 'bytes',
    allowed: `a size such as 512 MiB or 10 GB, from ${minBytes} bytes to 8 PiB`,
    parse: (value) => {
      const match = /^(\d{1,15}(?:\.\d{1,6})?)\s*([A-Za-z]{0,3})$/.exec(value);
      const unitName = match?.[2]?.toUpperCase() ?? '';
      const unit = Object.hasOwn(byteUnits, unitName) ? byteUnits[unitName] : undefined;
      if (match === null || unit === undefined) return undefined;
      const bytes = Math.round(Number(match[1]) * unit);
      return Number.isSafeInteger(bytes) && bytes >= minBytes ? bytes : undefined;
    },
  };
};

const words: Record<string, boolean> = {
  true: true,
  yes: true,
  on: true,
  '1': true,
  false: false,
  no: false,
  off: false,
  '0': false,
};

export const flag = (): ValueType<boolean> => ({
  allowed: 'true or false',
  parse: (value) => (Object.hasOwn(words, value.toLowerCase()) ? words[value.toLowerCase()] : undefined),
  alone: 'true',
});

/** One of a few words; upper and lower case are the same. */
export const choice = <const Word extends string>(...allowed: readonly Word[]): ValueType<Word> => ({
  allowed: allowed.length === 1 ? `${allowed[0]}` : `one of ${allowed.join(', ')}`,
  parse: (value) => allowed.find((word) => word.toLowerCase() === value.toLowerCase()),
});

/** Words separated by commas. An empty text is an empty list. */
export const list = (): ValueType<readonly string[]> => ({
  allowed: 'words separated by commas',
  parse: (value) =>
    value
      .split(',')
      .map((word) => word.trim())
      .filter((word) => word !== ''),
});

/**
 * An absolute path. A relative one is seen from the folder of the configuration file, or from the working folder
 * when it comes from the environment or a flag; `~/` is the home folder.
 */
export const path = (): ValueType<string> => ({
  allowed: 'a path',
  parse: (value, folder) => {
    if (value === '' || value.includes('\0')) return undefined;
    return value.startsWith('~/') ? resolve(homedir(), value.slice(2)) : resolve(folder, value);
  },
});

export const listenAddress = (): ValueType<ListenAddress> => ({
  allowed: 'an address such as :5212, 127.0.0.1:5212 or [::1]:5212',
  parse: (value) => {
    const match = /^(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9.-]*)):(\d{1,5})$/.exec(value);
    const port = Number(match?.[3] ?? Number.NaN);
    if (match === null || port > 65_535) return undefined;
    return { host: match[1] ?? (match[2] || null), port };
  },
});

/** An http or https address, without a slash at the end. */
export const url = (): ValueType<string> => ({
  allowed: 'an address such as https://files.example.com',
  parse: (value) => {
    if (!/^https?:\/\//i.test(value) || !URL.canParse(value)) return undefined;
    const parsed = new URL(value);
    if (parsed.username !== '' || parsed.search !== '' || parsed.hash !== '') return undefined;
    return parsed.href.replace(/\/+$/, '');
  },
});

const within = (value: number, limits: { min?: number; max?: number }): number | undefined =>
  value >= (limits.min ?? -Infinity) && value <= (limits.max ?? Infinity) ? value : undefined;

function range({ min, max }: { min?: number; max?: number }): string {
  if (min !== undefined && max !== undefined) return ` from ${min} to ${max}`;
  if (min !== undefined) return ` of at least ${min}`;
  return max === undefined ? '' : ` of at most ${max}`;
}
