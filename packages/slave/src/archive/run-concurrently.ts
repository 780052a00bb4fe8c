/**
 * Calls `run` for every element, at most `limit` at a time, in order. After the first failure nothing more is
 * begun; it throws that failure when all that had begun has ended.
 */
export async function runConcurrently<T>(
  elements: Iterable<T>,
  limit: number,
  run: (element: T) => Promise<void>,
): Promise<void> {
  const iterator = elements[Symbol.iterator]();
  let failed = false;
  const lane = async () => {
    for (let next = iterator.next(); next.done !== true && !failed; next = iterator.next()) {
      try {
        await run(next.value);
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  };
  const lanes = await Promise.allSettled(Array.from({ length: limit }, lane));
  for (const settled of lanes) if (settled.status === 'rejected') throw settled.reason;
}
