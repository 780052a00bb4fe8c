import { decodeCp437 } from './code-page-437.ts';

/**
 * Encodings that names in archives come in. The labels are those of the WHATWG encoding standard, except `cp437`,
 * which it lacks.
 */
const labels = [
  'ibm866',
  'iso-8859-2',
  'iso-8859-3',
  'iso-8859-4',
  'iso-8859-5',
  'iso-8859-6',
  'iso-8859-7',
  'iso-8859-8',
  'iso-8859-8-i',
  'iso-8859-10',
  'iso-8859-13',
  'iso-8859-14',
  'iso-8859-15',
  'iso-8859-16',
  'koi8-r',
  'koi8-u',
  'macintosh',
  'windows-874',
  'windows-1250',
  'windows-1251',
  'windows-1252',
  'windows-1253',
  'windows-1254',
  'windows-1255',
  'windows-1256',
  'windows-1257',
  'windows-1258',
  'x-mac-cyrillic',
  'gbk',
  'gb18030',
  'big5',
  'euc-jp',
  'iso-2022-jp',
  'shift_jis',
  'euc-kr',
  'utf-16be',
  'utf-16le',
  'utf-8',
] as const;

export type NameEncoding = (typeof labels)[number] | 'cp437';

/** How each encoding is decoded; bytes that it has no meaning for become U+FFFD. */
export const nameEncodings: Readonly<Record<NameEncoding, (bytes: Uint8Array) => string>> = {
  ...(Object.fromEntries(
    labels.map((label) => [label, (bytes: Uint8Array) => new TextDecoder(label).decode(bytes)]),
  ) as Record<(typeof labels)[number], (bytes: Uint8Array) => string>),
  cp437: decodeCp437,
};

export const isNameEncoding = (label: string): label is NameEncoding => Object.hasOwn(nameEncodings, label);
