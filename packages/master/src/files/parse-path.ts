import { AppError } from '@longshore/protocol';

/** Longest path in bytes, and most folders above a name, so that every walk along a path is bounded. */
const maxPathBytes = 4096;
export const maxPathDepth = 256;
const maxNameBytes = 255;

const controlCharacters = /\p{Cc}/u;

/** The root folder is an empty list of names. */
export type PathNames = readonly string[];

/**
 * The names along an absolute path. Names are kept in Unicode NFC, so that a name typed on a Mac and the same name
 * out of an archive meet; beyond that they compare by bytes: upper and lower case differ. Doubled and trailing
 * slashes name the same place. Throws `PATH_INVALID` or `NAME_INVALID`.
 */
export function parsePath(path: string): PathNames {
  if (!path.startsWith('/')) throw new AppError('PATH_INVALID', `"${quote(path)}" is not an absolute path`);
  const names = path.split('/').filter((name) => name !== '');
  return checkDepth(names.map(parseName), path);
}

/** The names along a path relative to a folder, as archives have them. Throws like `parsePath`. */
export const parseRelativePath = (path: string): PathNames => {
  const names = parsePath(`/${path}`);
  if (names.length === 0) throw new AppError('PATH_INVALID', 'a relative path is empty');
  return names;
};

export function parseName(name: string): string {
  const normal = name.normalize('NFC');
  const reason = reasonAgainst(normal);
  if (reason !== undefined) throw new AppError('NAME_INVALID', `the name "${quote(name)}" ${reason}`);
  return normal;
}

export const formatPath = (names: PathNames): string => `/${names.join('/')}`;

function checkDepth(names: PathNames, path: string): PathNames {
  if (names.length > maxPathDepth) {
    throw new AppError('PATH_INVALID', `"${quote(path)}" is more than ${maxPathDepth} folders deep`);
  }
  if (Buffer.byteLength(formatPath(names)) > maxPathBytes) {
    throw new AppError('PATH_INVALID', `"${quote(path)}" is longer than ${maxPathBytes} bytes`);
  }
  return names;
}

function reasonAgainst(name: string): string | undefined {
  if (name === '') return 'is empty';
  if (name === '.' || name === '..') return 'is reserved';
  if (name.includes('/')) return 'has a "/"';
  if (controlCharacters.test(name)) return 'has a control character';
  if (!name.isWellFormed()) return 'is not valid Unicode';
  return Buffer.byteLength(name) > maxNameBytes ? `is longer than ${maxNameBytes} bytes` : undefined;
}

/** What was given, cut, and harmless on a terminal. */
const quote = (text: string): string =>
  text
    .slice(0, 100)
    .toWellFormed()
    .replace(/\p{Cc}/gu, '�');
