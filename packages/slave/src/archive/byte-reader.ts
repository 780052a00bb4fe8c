import { Readable } from 'node:stream';
import { AppError } from '@longshore/protocol';

/** Reads a stream in pieces of a wanted length. One reader at a time. */
export type ByteReader = {
  /** Bytes taken or skipped so far. */
  readonly position: number;
  /** Exactly `length` bytes, which may share their memory with others; null when the stream ends right here. */
  take(length: number): Promise<Buffer | null>;
  /** Exactly `length` bytes; throws `ARCHIVE_TRUNCATED` also when the stream ends right here. */
  need(length: number): Promise<Buffer>;
  /** The next bytes without taking them; fewer than `length` only where the stream ends. */
  peek(length: number): Promise<Buffer>;
  /** Whatever comes next, for a decoder that finds its end itself; null when the stream has ended. */
  takeSome(): Promise<Buffer | null>;
  /** Gives back the end of what `takeSome` gave. */
  putBack(bytes: Buffer): void;
  /** Like `take` when all bytes are at hand; null when they must be waited for. */
  takeNow(length: number): Buffer | null;
  skip(length: number): Promise<void>;
  /** The next `length` bytes as a stream, which must be read or destroyed before anything else is taken. */
  stream(length: number): Readable;
  /** Resolves when the source has ended, and throws what it failed with. */
  drain(): Promise<void>;
};

/** Lets long stretches that nobody wants go unread. */
export type Reopening = { readonly sizeBytes: number; openAt(position: number): AsyncIterable<Buffer> };

const reopenBytes = 4 * 1024 * 1024;

/** Throws `ARCHIVE_TRUNCATED` when the source ends in the middle of what is taken or skipped. */
export function createByteReader(source: AsyncIterable<Buffer>, reopening?: Reopening): ByteReader {
  let chunks = source[Symbol.asyncIterator]();
  let current: Buffer = Buffer.alloc(0);
  let position = 0;
  let ended = false;

  async function pull(): Promise<boolean> {
    if (ended) return false;
    const next = await chunks.next();
    if (next.done === true) ended = true;
    else current = next.value;
    return !ended;
  }

  const cut = (length: number): Buffer => {
    const bytes = current.subarray(0, length);
    current = current.subarray(bytes.length);
    position += bytes.length;
    return bytes;
  };

  const truncated = () =>
    new AppError('ARCHIVE_TRUNCATED', `the archive ends after ${position} bytes, too early`);

  async function* pieces(length: number): AsyncGenerator<Buffer, void> {
    for (let left = length; left > 0; ) {
      if (current.length === 0 && !(await pull())) throw truncated();
      const piece = cut(left);
      left -= piece.length;
      if (piece.length > 0) yield piece;
    }
  }

  async function take(length: number): Promise<Buffer | null> {
    if (current.length >= length) return cut(length);
    const collected: Buffer[] = [];
    let have = 0;
    while (have < length) {
      if (current.length === 0 && !(await pull())) {
        if (have === 0) return null;
        throw truncated();
      }
      const piece = cut(length - have);
      have += piece.length;
      collected.push(piece);
    }
    return Buffer.concat(collected, length);
  }

  return {
    get position() {
      return position;
    },
    takeNow: (length) => (current.length >= length ? cut(length) : null),
    take,
    async need(length) {
      const bytes = await take(length);
      if (bytes === null) throw truncated();
      return bytes;
    },
    async peek(length) {
      while (current.length < length) {
        const before = current;
        if (!(await pull())) break;
        current = Buffer.concat([before, current]);
      }
      return current.subarray(0, length);
    },
    async takeSome() {
      while (current.length === 0) if (!(await pull())) return null;
      return cut(current.length);
    },
    putBack(bytes) {
      position -= bytes.length;
      current = current.length === 0 ? bytes : Buffer.concat([bytes, current]);
    },
    async skip(length) {
      if (reopening !== undefined && length - current.length > reopenBytes) {
        position += length;
        if (position > reopening.sizeBytes) throw truncated();
        await chunks.return?.();
        current = Buffer.alloc(0);
        chunks = reopening.openAt(position)[Symbol.asyncIterator]();
        return;
      }
      for await (const _ of pieces(length));
    },
    stream(length) {
      return Readable.from(pieces(length), { objectMode: false, highWaterMark: 1024 * 1024 });
    },
    async drain() {
      do current = Buffer.alloc(0);
      while (await pull());
    },
  };
}
