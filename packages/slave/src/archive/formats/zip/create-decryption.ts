import { Transform } from 'node:stream';
import { AppError } from '@longshore/protocol';
import { freeChunk } from '@longshore/runtime';
import type { AesStream } from './win-zip-aes.ts';
import type { ZipCrypto } from './zip-crypto.ts';

/** Decrypts a stream; fails with `ENTRY_CORRUPT` at its end when it was changed after it was encrypted. */
export function createDecryption(opened: AesStream | ZipCrypto, mac: Buffer, path: string): Transform {
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      const bytes = Buffer.from(chunk);
      freeChunk(chunk);
      opened.decrypt(bytes);
      done(null, bytes);
    },
    flush(done) {
      const isChanged = 'mac' in opened && !opened.mac().equals(mac);
      done(isChanged ? new AppError('ENTRY_CORRUPT', `"${path}" was changed after it was encrypted`) : null);
    },
  });
}
