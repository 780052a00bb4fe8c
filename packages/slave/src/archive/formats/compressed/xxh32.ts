/** xxHash with 32 bits (github.com/Cyan4973/xxHash, xxhash_spec.md), fed in pieces. */
const prime1 = 0x9e3779b1 | 0;
const prime2 = 0x85ebca77 | 0;
const prime3 = 0xc2b2ae3d | 0;
const prime4 = 0x27d4eb2f | 0;
const prime5 = 0x165667b1 | 0;

const rotate = (value: number, bits: number): number => (value << bits) | (value >>> (32 - bits));
const round = (lane: number, input: number): number =>
  Math.imul(rotate((lane + Math.imul(input, prime2)) | 0, 13), prime1);

export type Xxh32 = { update(bytes: Buffer): void; digest(): number };

export function createXxh32(seed = 0): Xxh32 {
  let a = (seed + prime1 + prime2) | 0;
  let b = (seed + prime2) | 0;
  let c = seed | 0;
  let d = (seed - prime1) | 0;
  let total = 0;
  let rest: Buffer = Buffer.alloc(0);
  return {
    update(bytes) {
      total += bytes.length;
      const all = rest.length === 0 ? bytes : Buffer.concat([rest, bytes]);
      let at = 0;
      for (; at + 16 <= all.length; at += 16) {
        a = round(a, all.readInt32LE(at));
        b = round(b, all.readInt32LE(at + 4));
        c = round(c, all.readInt32LE(at + 8));
        d = round(d, all.readInt32LE(at + 12));
      }
      rest = Buffer.from(all.subarray(at));
    },
    digest() {
      let hash =
        total >= 16 ? (rotate(a, 1) + rotate(b, 7) + rotate(c, 12) + rotate(d, 18)) | 0 : (seed + prime5) | 0;
      hash = (hash + total) | 0;
      let at = 0;
      for (; at + 4 <= rest.length; at += 4) {
        hash = Math.imul(rotate((hash + Math.imul(rest.readInt32LE(at), prime3)) | 0, 17), prime4);
      }
      for (; at < rest.length; at += 1) {
        hash = Math.imul(rotate((hash + Math.imul(rest[at] ?? 0, prime5)) | 0, 11), prime1);
      }
      hash = Math.imul(hash ^ (hash >>> 15), prime2);
      hash = Math.imul(hash ^ (hash >>> 13), prime3);
      return (hash ^ (hash >>> 16)) >>> 0;
    },
  };
}

export function xxh32(bytes: Buffer): number {
  const hash = createXxh32();
  hash.update(bytes);
  return hash.digest();
}
