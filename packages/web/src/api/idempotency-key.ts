/**
 * A key that makes one submit of however many tries. `crypto.randomUUID` would not do: browsers have it at https and
 * localhost only, and many a master is reached at a plain address of its network.
 */
export const idempotencyKey = (): string =>
  Array.from(crypto.getRandomValues(new Uint32Array(4)), (part) => part.toString(36)).join('-');
