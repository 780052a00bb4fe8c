/** A file or folder with the digest of its blob. */
export type FileRow = {
  readonly id: string;
  readonly parentId: string | null;
  readonly name: string;
  readonly kind: 'file' | 'folder';
  readonly blobId: string | null;
  readonly storeId: string | null;
  readonly sha256: string | null;
  readonly sizeBytes: number;
  readonly mode: number;
  readonly modifiedAtMs: number;
  readonly createdAtMs: number;
};

/** The columns of a `FileRow`, where the files are `f` and their blobs, joined from the left, are `b`. */
export const fileColumns = [
  'f.id as id',
  'f.parent_id as parentId',
  'f.name as name',
  'f.kind as kind',
  'f.blob_id as blobId',
  'b.store_id as storeId',
  'b.sha256 as sha256',
  'f.size_bytes as sizeBytes',
  'f.mode as mode',
  'f.modified_at_ms as modifiedAtMs',
  'f.created_at_ms as createdAtMs',
] as const;

/** A file or folder to insert. Without a time, the database's own is taken. */
export type NewFile = {
  readonly id: string;
  readonly parentId: string;
  readonly name: string;
  readonly kind: 'file' | 'folder';
  readonly blobId: string | null;
  readonly sizeBytes: number;
  readonly mode: number;
  readonly modifiedAtMs: number | null;
};

export const defaultMode = { file: 0o644, folder: 0o755 } as const;
