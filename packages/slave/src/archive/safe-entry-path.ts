/**
 * The one rule for names out of archives, for all formats. A name is either turned into a relative path of
 * harmless components, or refused with the reason. Nothing is repaired: a name that needs repair is somebody's
 * trick, and a repaired one could meet another entry's name.
 *
 * Harmless differences are normalised: Unicode to NFC, "./" in front, "." components, doubled and trailing
 * slashes (tar writes "./a//b/" for folders), all of which name the same place.
 */
export type PathLimits = { readonly maxDepth: number; readonly maxPathBytes: number };

export type SafePath = { readonly path: string } | { readonly reason: string };

const maxComponentBytes = 255;
/** Device names of Windows, with any extension: "aux.c" cannot be created or deleted there by normal means. */
const reservedOnWindows = /^(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³])\s*(\.|:|$)/i;
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
const controlCharacters = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/;
/** Marks that turn the reading direction: "cod\u202egpj.exe" shows as "codexe.jpg". */
const directionMarks = /[\u202a-\u202e\u2066-\u2069]/;

export function safeEntryPath(name: string, limits: PathLimits): SafePath {
  if (name.length > limits.maxPathBytes * 2) return { reason: `longer than ${limits.maxPathBytes} bytes` };
  const reason = reasonAgainstName(name);
  if (reason !== null) return { reason };

  const components = name
    .normalize('NFC')
    .split('/')
    .filter((component) => component !== '' && component !== '.');
  if (components.length === 0) return { reason: 'empty' };
  if (/^[a-z]:/i.test(components[0] ?? '')) return { reason: 'starts with a drive letter' };
  if (components.length > limits.maxDepth) return { reason: `more than ${limits.maxDepth} folders deep` };
  for (const component of components) {
    const found = reasonAgainstComponent(component);
    if (found !== null) return { reason: found };
  }
  const path = components.join('/');
  if (Buffer.byteLength(path) > limits.maxPathBytes) {
    return { reason: `longer than ${limits.maxPathBytes} bytes` };
  }
  return { path };
}

function reasonAgainstName(name: string): string | null {
  if (name === '') return 'empty';
  if (name.includes('\0')) return 'has a NUL character';
  if (name.includes('\\')) return 'has a backslash';
  if (name.startsWith('/')) return 'is absolute';
  if (controlCharacters.test(name)) return 'has a control character';
  if (directionMarks.test(name)) return 'has a mark that turns the reading direction';
  if (!name.isWellFormed()) return 'is not valid Unicode';
  return null;
}

function reasonAgainstComponent(component: string): string | null {
  if (component === '..') return 'leaves its folder with ".."';
  // Windows drops trailing dots and spaces, which turns ".. " and "..." into something else there.
  if (/^[. ]+$/.test(component)) return 'has a component of only dots and spaces';
  if (reservedOnWindows.test(component)) return `has the reserved name "${component}"`;
  if (Buffer.byteLength(component) > maxComponentBytes) {
    return `has a component longer than ${maxComponentBytes} bytes`;
  }
  return null;
}
