import { crc32 } from 'node:zlib';

/** A RAR 5 archive of files that are stored as they are, since nothing free makes one. */
export function makeRar(files: Readonly<Record<string, Uint8Array>>): Buffer {
  const archive = header(headerType.main, 0, [vint(0)]);
  const stored = Object.entries(files).map(([name, content]) => storedFile(name, content));
  return Buffer.concat([signature, archive, ...stored, header(headerType.end, 0, [vint(0)])]);
}

const signature = Buffer.from([0x52, 0x61, 0x72, 0x21, 0x1a, 0x07, 0x01, 0x00]);
const headerType = { main: 1, file: 2, end: 5 };
const hasData = 0x02;
const hasChecksum = 0x04;
const unixHost = 1;
const regularFile = 0o100644;
const stored = 0;

function storedFile(name: string, content: Uint8Array): Buffer {
  const checksum = Buffer.alloc(4);
  checksum.writeUInt32LE(crc32(content));
  const nameBytes = Buffer.from(name);
  const fields = [
    vint(content.length),
    vint(hasChecksum),
    vint(content.length),
    vint(regularFile),
    checksum,
    vint(stored),
    vint(unixHost),
    vint(nameBytes.length),
    nameBytes,
  ];
  return Buffer.concat([header(headerType.file, hasData, fields), content]);
}

function header(type: number, flags: number, fields: readonly Buffer[]): Buffer {
  const body = Buffer.concat([vint(type), vint(flags), ...fields]);
  const sized = Buffer.concat([vint(body.length), body]);
  const checksum = Buffer.alloc(4);
  checksum.writeUInt32LE(crc32(sized));
  return Buffer.concat([checksum, sized]);
}

function vint(value: number): Buffer {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return Buffer.from([...bytes, rest]);
    bytes.push((rest % 128) | 0x80);
  }
}
