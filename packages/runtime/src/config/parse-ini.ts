/** One `key = value` of a file. A key that stands alone has the value null. */
export type IniEntry = {
  readonly line: number;
  readonly section: string;
  readonly key: string;
  readonly value: string | null;
  /** The text behind a `;` or `#` that followed the value without a space, which may have been meant as part of it. */
  readonly cutOff: boolean;
};

export type IniFile = {
  readonly sections: readonly { readonly line: number; readonly name: string }[];
  readonly entries: readonly IniEntry[];
  /** Lines that are neither a section nor a key. */
  readonly malformed: readonly { readonly line: number; readonly text: string }[];
};

/**
 * Reads INI text and remembers the line of everything. Values are read as the `ini` package reads them: trimmed,
 * `;` and `#` begin a comment unless escaped by `\` or inside quotes, double quotes hold a JSON string. Unlike
 * there, single quotes hold exactly what stands between them.
 */
export function parseIni(content: string): IniFile {
  const sections: { line: number; name: string }[] = [];
  const entries: IniEntry[] = [];
  const malformed: { line: number; text: string }[] = [];
  let section = '';
  for (const [index, rawLine] of content
    .replace(/^\uFEFF/, '')
    .split(/\r\n|\r|\n/)
    .entries()) {
    const line = index + 1;
    const lineText = rawLine.trim();
    if (lineText === '' || lineText.startsWith(';') || lineText.startsWith('#')) continue;
    if (lineText.startsWith('[')) {
      const header = /^\[([^\]]+)\]\s*(?:[;#].*)?$/.exec(lineText);
      if (header === null) {
        malformed.push({ line, text: lineText });
        continue;
      }
      section = decodeValue(header[1] ?? '').value;
      sections.push({ line, name: section });
      continue;
    }
    const equals = lineText.indexOf('=');
    const key = decodeValue(equals < 0 ? lineText : lineText.slice(0, equals)).value;
    if (key === '') {
      malformed.push({ line, text: lineText });
      continue;
    }
    const { value, cutOff } =
      equals < 0 ? { value: null, cutOff: false } : decodeValue(lineText.slice(equals + 1));
    entries.push({ line, section, key, value, cutOff });
  }
  return { sections, entries, malformed };
}

function decodeValue(raw: string): { value: string; cutOff: boolean } {
  const trimmed = raw.trim();
  if (trimmed.length > 1 && trimmed.startsWith("'") && trimmed.endsWith("'")) {
    return { value: trimmed.slice(1, -1), cutOff: false };
  }
  if (trimmed.length > 1 && trimmed.startsWith('"') && trimmed.endsWith('"')) {
    return { value: jsonString(trimmed) ?? trimmed, cutOff: false };
  }
  let value = '';
  for (let at = 0; at < trimmed.length; at += 1) {
    const character = trimmed.charAt(at);
    if (character === ';' || character === '#') {
      return { value: value.trim(), cutOff: value !== '' && value === value.trimEnd() };
    }
    const escaped = trimmed.charAt(at + 1);
    if (character === '\\' && escaped !== '' && '\\;#'.includes(escaped)) {
      value += escaped;
      at += 1;
    } else {
      value += character;
    }
  }
  return { value: value.trim(), cutOff: false };
}

function jsonString(quoted: string): string | undefined {
  try {
    const parsed: unknown = JSON.parse(quoted);
    return typeof parsed === 'string' ? parsed : undefined;
  } catch {
    return undefined;
  }
}
