/** What an archive says about one of its entries. Nothing of it is trusted; `unsafe` says what is wrong with it. */
export type ArchiveEntry = {
  /** Position in the archive's own order, from 0. */
  readonly index: number;
  /** The name as it is shown, decoded, with "/" between components; not yet safe to use as a path. */
  readonly name: string;
  readonly type: 'file' | 'folder' | 'symlink' | 'hardlink' | 'special';
  /** Declared size of the content; null where the format does not say it. */
  readonly sizeBytes: number | null;
  readonly compressedBytes: number | null;
  readonly modifiedAtMs: number | null;
  /** Unix permission bits, without set-id and sticky bits; null where the format has none. */
  readonly mode: number | null;
  readonly encrypted: boolean;
  readonly crc32: number | null;
  /** Where a link points to, as the archive has it. */
  readonly linkTarget: string | null;
};

/** An entry in a listing, judged by the same rule that an extraction applies. */
export type ListedEntry = ArchiveEntry & { readonly unsafe: string | null };
