import { padding } from '../formats/tar/write-tar-header.ts';

type TarFields = {
  readonly name: string;
  readonly type?: string;
  readonly content?: string | Buffer;
  /** What the header says, where it is not the length of the content. */
  readonly sizeBytes?: number;
  readonly link?: string;
  /** The eight bytes of magic and version: POSIX by default, spaces for GNU, empty for V7. */
  readonly magic?: string;
};

/** A header as any program might write it, with a right checksum, and its content padded to whole blocks. */
export function tarBlocks(fields: TarFields): Buffer {
  const { name, type = '0', link = '', magic = 'ustar\x0000' } = fields;
  const content = Buffer.from(fields.content ?? '');
  const header = Buffer.alloc(512);
  header.write(name, 0, 100);
  header.write('0000644\x000000000\x000000000\x00', 100, 'latin1');
  header.write(`${(fields.sizeBytes ?? content.length).toString(8).padStart(11, '0')}\x00`, 124, 'latin1');
  header.write('14000000000\x00        ', 136, 'latin1');
  header.write(type, 156, 'latin1');
  header.write(link, 157, 100);
  header.write(magic, 257, 'latin1');
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\x00 `, 148, 'latin1');
  return Buffer.concat([header, content, padding(content.length)]);
}

/** A pax extended header with these records. */
export function paxBlocks(records: readonly (readonly [key: string, value: string])[], type = 'x'): Buffer {
  const content = records.map(([key, value]) => {
    const rest = Buffer.byteLength(` ${key}=${value}\n`);
    const digits = String(rest + String(rest).length).length;
    return `${rest + digits} ${key}=${value}\n`;
  });
  return tarBlocks({ name: 'PaxHeader', type, content: content.join('') });
}

/** The blocks with the two of zeros that end a tar. */
export const tarOf = (...blocks: readonly Buffer[]): Buffer => Buffer.concat([...blocks, Buffer.alloc(1024)]);
