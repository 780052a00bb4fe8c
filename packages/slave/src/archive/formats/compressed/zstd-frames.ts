/**
 * Follows the frames of a Zstandard stream (RFC 8878, section 3) as they pass by, without decoding them. Node's
 * decoder ends quietly at whatever is no frame: bytes behind the last one, or a frame whose signature is damaged.
 */
import { Transform } from 'node:stream';
import { AppError } from '@longshore/protocol';

export const zstdSignature = [0x28, 0xb5, 0x2f, 0xfd];
const zstdMagic = 0xfd2fb528;
/** Frames of any content, for others to pass by: 16 signatures from here, in LZ4 as well. */
const skippableMagic = 0x184d2a50;
const rleBlock = 1;

/** Lets everything through. Fails with `ARCHIVE_CORRUPT` where a frame should begin and none does. */
export function zstdFrames(): Transform {
  const walk = walkFrames();
  let step = walk.next().value;
  let field: Buffer = Buffer.alloc(0);

  function follow(chunk: Buffer): void {
    for (let at = 0; at < chunk.length; ) {
      const piece = chunk.subarray(at, at + step.bytes - (step.isSkipped ? 0 : field.length));
      at += piece.length;
      if (step.isSkipped) step.bytes -= piece.length;
      else field = Buffer.concat([field, piece]);
      if (step.isSkipped ? step.bytes > 0 : field.length < step.bytes) return;
      const bytes = field;
      field = Buffer.alloc(0);
      step = walk.next(bytes).value;
    }
  }

  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      try {
        follow(chunk);
        done(null, chunk);
      } catch (error) {
        done(error as Error);
      }
    },
    flush(done) {
      const isBetweenFrames = step.isStart && field.length === 0;
      done(isBetweenFrames ? null : new AppError('ARCHIVE_TRUNCATED', 'the compressed data ends too early'));
    },
  });
}

/** So many bytes are wanted next, or passed by. */
type Step = { bytes: number; readonly isSkipped: boolean; readonly isStart: boolean };

const take = (bytes: number): Step => ({ bytes, isSkipped: false, isStart: false });
const start = (): Step => ({ bytes: 4, isSkipped: false, isStart: true });

function* skip(bytes: number): Generator<Step, void, Buffer> {
  if (bytes > 0) yield { bytes, isSkipped: true, isStart: false };
}

function* walkFrames(): Generator<Step, never, Buffer> {
  for (;;) {
    const magic = (yield start()).readUInt32LE(0);
    if (magic === zstdMagic) yield* walkFrame();
    else if (isSkippable(magic)) yield* skip((yield take(4)).readUInt32LE(0));
    else throw new AppError('ARCHIVE_CORRUPT', 'no Zstandard frame begins where one should');
  }
}

function* walkFrame(): Generator<Step, void, Buffer> {
  const descriptor = (yield take(1))[0] ?? 0;
  const isSingleSegment = (descriptor & 0x20) !== 0;
  const sizeFlag = descriptor >>> 6;
  const dictionaryFlag = descriptor & 3;
  const sizeBytes = sizeFlag === 0 ? (isSingleSegment ? 1 : 0) : 2 ** sizeFlag;
  yield* skip((isSingleSegment ? 0 : 1) + (dictionaryFlag === 3 ? 4 : dictionaryFlag) + sizeBytes);
  for (let isLast = false; !isLast; ) {
    const header = (yield take(3)).readUIntLE(0, 3);
    isLast = (header & 1) !== 0;
    yield* skip(((header >>> 1) & 3) === rleBlock ? 1 : header >>> 3);
  }
  if ((descriptor & 4) !== 0) yield* skip(4);
}

export const isSkippable = (magic: number): boolean =>
  magic >= skippableMagic && magic <= skippableMagic + 15;
