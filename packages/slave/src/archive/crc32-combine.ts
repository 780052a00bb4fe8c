/**
 * The CRC-32 of two stretches one after the other from the CRC-32 of each: the first is multiplied by x to the
 * number of bits of the second, modulo the CRC's polynomial (Adler, zlib's crc32_combine).
 */
export function crc32Combine(first: number, second: number, secondBytes: number): number {
  return (multiply(powerOfX(secondBytes), first) ^ second) >>> 0;
}

const polynomial = 0xedb88320;

/** The product of two polynomials, bits reversed: the coefficient of x^0 is the highest bit. */
function multiply(a: number, b: number): number {
  let product = 0;
  let factor = b;
  for (let mask = 0x80000000; mask !== 0; mask >>>= 1) {
    if ((a & mask) !== 0) product ^= factor;
    factor = (factor & 1) !== 0 ? (factor >>> 1) ^ polynomial : factor >>> 1;
  }
  return product >>> 0;
}

/** x to the 8 × `bytes`. */
function powerOfX(bytes: number): number {
  let result = 0x80000000;
  let square = 0x00800000;
  for (let left = bytes; left > 0; left = Math.floor(left / 2)) {
    if (left % 2 === 1) result = multiply(square, result);
    square = multiply(square, square);
  }
  return result;
}
