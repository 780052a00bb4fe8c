/**
 * `attachment` with a file name: the plain parameter for old clients, the encoded one for all others. Whatever the name
 * holds, the value is printable ASCII. Source: RFC 6266, RFC 8187.
 */
export function contentDisposition(name: string): string {
  const plain = name.replace(/[^\x20-\x7e]|["\\%]/gu, '_');
  if (plain === name) return `attachment; filename="${plain}"`;
  return `attachment; filename="${plain}"; filename*=UTF-8''${encodeExtended(name)}`;
}

/** `encodeURIComponent` leaves some characters that are not an `attr-char`. */
const encodeExtended = (name: string): string =>
  encodeURIComponent(name.toWellFormed()).replace(
    /['()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
