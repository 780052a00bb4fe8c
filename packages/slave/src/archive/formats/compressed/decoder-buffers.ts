/** So much is decoded while the chunk before is written: a default of 16 KiB would make the two take turns. */
export const decoderBuffers = { chunkSize: 1024 * 1024, highWaterMark: 2 * 1024 * 1024 };
