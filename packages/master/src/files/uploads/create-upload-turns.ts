/** Lets one request at a time work on an upload. */
export type UploadTurns = {
  /**
   * Runs `work` when the upload is free. A request that has the turn is told to stop: a client that comes again has
   * given up on its old connection, which may take minutes to break.
   */
  take<Result>(uploadId: string, work: (signal: AbortSignal) => Promise<Result>): Promise<Result>;
};

export function createUploadTurns(): UploadTurns {
  const holders = new Map<string, { stop: AbortController; done: Promise<void> }>();
  return {
    take: async (uploadId, work) => {
      for (let holder = holders.get(uploadId); holder !== undefined; holder = holders.get(uploadId)) {
        holder.stop.abort('superseded');
        await holder.done;
      }
      const stop = new AbortController();
      const { promise: done, resolve } = Promise.withResolvers<void>();
      holders.set(uploadId, { stop, done });
      try {
        return await work(stop.signal);
      } finally {
        holders.delete(uploadId);
        resolve();
      }
    },
  };
}
