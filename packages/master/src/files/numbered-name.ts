const maxNameBytes = 255;

/**
 * "name (1).ext", "name (2).ext", … for a name that is taken. The number stands before the extension, of which
 * ".tar.gz" and the like are one; folders have none. Long names are cut to stay within 255 bytes.
 */
export function numberedName(name: string, number: number, kind: 'file' | 'folder'): string {
  const [base, extension] = kind === 'folder' ? [name, ''] : splitExtension(name);
  const tail = ` (${number})${extension}`;
  let head = base;
  while (Buffer.byteLength(head + tail) > maxNameBytes) head = [...head].slice(0, -1).join('');
  return head + tail;
}

function splitExtension(name: string): [base: string, extension: string] {
  const extension = /(?<=.)(?:\.tar)?\.[^.\s/]{1,16}$/i.exec(name)?.[0] ?? '';
  return [name.slice(0, name.length - extension.length), extension];
}
