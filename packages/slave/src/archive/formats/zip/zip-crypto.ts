/** The legacy encryption of zip (APPNOTE.TXT 6.1). Weak, so it is only read. */
export const zipCryptoHeaderBytes = 12;

export type ZipCrypto = {
  /** Decrypts in place. */
  decrypt(bytes: Buffer): void;
};

const crcTable = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit += 1) value = (value & 1) !== 0 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});

/**
 * Takes the 12 bytes in front of the content; null when they say that the password is wrong. They do so in 255 of
 * 256 cases only: the checksum of the content decides.
 */
export function openZipCrypto(
  password: string,
  header: Uint8Array,
  checks: readonly number[],
): ZipCrypto | null {
  let key0 = 0x12345678;
  let key1 = 0x23456789;
  let key2 = 0x34567890;
  const update = (byte: number) => {
    key0 = (crcTable[(key0 ^ byte) & 0xff] as number) ^ (key0 >>> 8);
    key1 = (Math.imul((key1 + (key0 & 0xff)) | 0, 134775813) + 1) | 0;
    key2 = (crcTable[(key2 ^ (key1 >>> 24)) & 0xff] as number) ^ (key2 >>> 8);
  };
  const decrypt = (bytes: Buffer) => {
    for (let at = 0; at < bytes.length; at += 1) {
      const mix = (key2 & 0xffff) | 2;
      const byte = (bytes[at] as number) ^ ((Math.imul(mix, mix ^ 1) >>> 8) & 0xff);
      bytes[at] = byte;
      update(byte);
    }
  };
  for (const byte of Buffer.from(password)) update(byte);
  const start = Buffer.from(header);
  decrypt(start);
  return checks.includes(start[zipCryptoHeaderBytes - 1] ?? -1) ? { decrypt } : null;
}
