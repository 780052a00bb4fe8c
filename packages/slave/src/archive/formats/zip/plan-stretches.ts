/** A stretch of an archive that is read with one request, with the entries in it in the order of their offsets. */
export type Stretch<F> = { readonly start: number; readonly end: number; readonly files: readonly F[] };

type Placed = {
  readonly headerOffset: number;
  readonly limit: number;
  readonly compressedBytes: number;
  readonly sizeBytes: number;
  readonly nameLength: number;
};

/** `maxDecodedBytes` of a stretch are in memory at once. */
const shapes = {
  /** Small enough to keep all threads busy to the end. */
  local: { maxBytes: 1024 * 1024, maxGapBytes: 16 * 1024, maxDecodedBytes: 4 * 1024 * 1024 },
  /** Large enough that the way there and back does not count. */
  remote: { maxBytes: 2 * 1024 * 1024, maxGapBytes: 64 * 1024, maxDecodedBytes: 6 * 1024 * 1024 },
};
/** A local header may have a longer extra field than the directory shows; even longer ones are read by themselves. */
const extraSlackBytes = 4096;

/** Groups neighbours, which must be sorted by offset, into stretches. */
export function planStretches<F extends Placed>(
  files: readonly F[],
  shape: keyof typeof shapes,
): Stretch<F>[] {
  const { maxBytes, maxGapBytes, maxDecodedBytes } = shapes[shape];
  const stretches: { start: number; end: number; files: F[] }[] = [];
  let decodedBytes = 0;
  for (const file of files) {
    const end = endOf(file);
    const last = stretches.at(-1);
    const joins =
      last !== undefined &&
      end - last.start <= maxBytes &&
      file.headerOffset - last.end <= maxGapBytes &&
      decodedBytes + file.sizeBytes <= maxDecodedBytes;
    if (joins) {
      last.files.push(file);
      last.end = Math.max(last.end, end);
      decodedBytes += file.sizeBytes;
    } else {
      stretches.push({ start: file.headerOffset, end, files: [file] });
      decodedBytes = file.sizeBytes;
    }
  }
  return stretches;
}

/** The pieces of a stretch that decode to about so many bytes, at least one entry each. */
export function splitStretch<F extends Placed>(stretch: Stretch<F>, maxDecodedBytes: number): Stretch<F>[] {
  const pieces: { start: number; end: number; files: F[] }[] = [];
  let decodedBytes = 0;
  for (const file of stretch.files) {
    const last = pieces.at(-1);
    decodedBytes += file.sizeBytes;
    if (last !== undefined && decodedBytes <= maxDecodedBytes) {
      last.files.push(file);
      last.end = Math.max(last.end, endOf(file));
    } else {
      pieces.push({ start: file.headerOffset, end: endOf(file), files: [file] });
      decodedBytes = file.sizeBytes;
    }
  }
  return pieces;
}

const endOf = (file: Placed): number =>
  Math.min(file.limit, file.headerOffset + 30 + file.nameLength + extraSlackBytes + file.compressedBytes);
