/** Bytes at a moment, and how fast they became that many. */
export type Speed = { readonly atMs: number; readonly bytes: number; readonly bytesPerSecond: number };

export const noSpeed: Speed = { atMs: 0, bytes: 0, bytesPerSecond: 0 };

const sampleSeconds = 0.5;

/** A running mean that forgets half of the past with every second. It begins anew where bytes become fewer. */
export function measureSpeed(last: Speed, now: { atMs: number; bytes: number }): Speed {
  const { atMs, bytes } = now;
  const seconds = (atMs - last.atMs) / 1000;
  if (last.atMs === 0 || bytes < last.bytes) return { atMs, bytes, bytesPerSecond: 0 };
  if (seconds < sampleSeconds) return last;
  const present = (bytes - last.bytes) / seconds;
  const weight = last.bytesPerSecond === 0 ? 1 : 1 - 0.5 ** seconds;
  return { atMs, bytes, bytesPerSecond: last.bytesPerSecond * (1 - weight) + present * weight };
}
