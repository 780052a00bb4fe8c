/**
 * Work that runs side by side and whose results are used one after the other, in the order in which the work was
 * given. At most `width` pieces are between begin and use, which bounds the memory they hold.
 */
export type OrderedLane = {
  /** Waits for room, begins the work, and returns. Throws what an earlier piece or its use failed with. */
  push<R>(begin: () => Promise<R>, use: (result: R) => Promise<void> | void): Promise<void>;
  /** Resolves when all results were used. */
  drain(): Promise<void>;
};

export function createOrderedLane(width: number): OrderedLane {
  const underWay: Promise<void>[] = [];
  let last: Promise<void> = Promise.resolve();
  return {
    async push(begin, use) {
      while (underWay.length >= width) await underWay[0];
      const begun = begin();
      begun.catch(() => undefined);
      const before = last;
      const used = (async () => {
        await before;
        await use(await begun);
        void underWay.shift();
      })();
      used.catch(() => undefined);
      last = used;
      underWay.push(used);
    },
    async drain() {
      await last;
    },
  };
}
