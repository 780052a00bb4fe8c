import { setImmediate as nextTurn } from 'node:timers/promises';
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import type { ArchiveListEntry, ArchiveListing } from '@longshore/protocol';

/** What an archive lists, as it was read once. Blobs never change, so it never gets old. */
export type KeptListing = Pick<ArchiveListing, 'format' | 'encoding' | 'encodingConfidence'> & {
  readonly count: number;
  /** From the entry `from` on, or a little before it; the number of each is given. */
  entries(from: number): AsyncGenerator<{ readonly at: number; readonly entry: ArchiveListEntry }, void>;
};

export type ListingCache = {
  find(key: string): KeptListing | undefined;
  /** Gathers the entries of a listing while it is read; `keep` makes it known. */
  gather(): {
    add(entry: ArchiveListEntry): void;
    keep(key: string, facts: Pick<ArchiveListing, 'format' | 'encoding' | 'encodingConfidence'>): void;
  };
};

const pageEntries = 1000;

/**
 * The listings that were read last, compressed to some twenty bytes an entry, so that the second page of a preview does
 * not read the archive again. One larger than `maxBytes` is not kept.
 */
export function createListingCache({ maxBytes }: { maxBytes: number }): ListingCache {
  /** The one that was used last comes last. */
  const kept = new Map<string, { listing: KeptListing; bytes: number }>();
  let keptBytes = 0;
  return {
    find(key) {
      const found = kept.get(key);
      if (found === undefined) return undefined;
      kept.delete(key);
      kept.set(key, found);
      return found.listing;
    },
    gather() {
      const pages: Buffer[] = [];
      let page: ArchiveListEntry[] = [];
      let bytes = 0;
      let count = 0;
      const closePage = () => {
        const packed = zstdCompressSync(JSON.stringify(page));
        page = [];
        bytes += packed.length;
        if (bytes <= maxBytes) pages.push(packed);
        else pages.length = 0;
      };
      return {
        add(entry) {
          count += 1;
          if (bytes > maxBytes) return;
          page.push(entry);
          if (page.length === pageEntries) closePage();
        },
        keep(key, facts) {
          if (page.length > 0) closePage();
          if (bytes > maxBytes || kept.has(key)) return;
          kept.set(key, { listing: { ...facts, count, entries: (from) => readPages(pages, from) }, bytes });
          keptBytes += bytes;
          for (const [oldest, { bytes: freed }] of kept) {
            if (keptBytes <= maxBytes) break;
            kept.delete(oldest);
            keptBytes -= freed;
          }
        },
      };
    },
  };
}

async function* readPages(pages: readonly Buffer[], from: number): ReturnType<KeptListing['entries']> {
  for (let page = Math.floor(from / pageEntries); page < pages.length; page += 1) {
    const entries = JSON.parse(zstdDecompressSync(pages[page] as Buffer).toString()) as ArchiveListEntry[];
    for (const [at, entry] of entries.entries()) yield { at: page * pageEntries + at, entry };
    await nextTurn();
  }
}
