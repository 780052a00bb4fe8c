/** One buffer a thread uses again and again for what it only reads: a new one each time would be garbage to collect. */
let scratch = Buffer.allocUnsafeSlow(0);

/** A buffer of `bytes` that is valid until the next call on this thread. It must not be given away. */
export function scratchBuffer(bytes: number): Buffer {
  if (scratch.length < bytes) scratch = Buffer.allocUnsafeSlow(2 ** Math.ceil(Math.log2(bytes)));
  return scratch.subarray(0, bytes);
}
