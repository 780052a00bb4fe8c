const lookEveryMs = 250;
const growthBytes = 8 * 1024 * 1024;

/**
 * From now on, gives free memory back to the system each time the process has grown. Buffers of many sizes leave holes
 * between those that live longer; the allocator of glibc keeps them resident (82 of the 270 MiB of a slave that had
 * extracted ten thousand files), and gives back only what lies at its end. It takes some milliseconds, about once a second
 * under full load. Where there is another allocator, or a Node without `node:ffi`, nothing happens. Answers how
 * to stop. Source: malloc_trim(3).
 */
export async function releaseFreeMemory(): Promise<() => void> {
  const trim = await findMallocTrim();
  if (trim === null) return () => undefined;
  let keptBytes = process.memoryUsage.rss();
  const look = (): void => {
    const bytes = process.memoryUsage.rss();
    if (bytes - keptBytes >= growthBytes) {
      trim(0n);
      keptBytes = process.memoryUsage.rss();
    } else keptBytes = Math.min(keptBytes, bytes);
  };
  const timer = setInterval(look, lookEveryMs).unref();
  return () => clearInterval(timer);
}

async function findMallocTrim(): Promise<((pad: bigint) => number) | null> {
  try {
    const { dlopen } = await import('node:ffi');
    return dlopen(null, { malloc_trim: { arguments: ['u64'], return: 'i32' } }).functions.malloc_trim;
  } catch {
    return null;
  }
}
