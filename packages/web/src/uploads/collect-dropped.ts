/** A file and where it goes, relative to the folder it is dropped on. */
export type FileToUpload = { file: File; path: string };

/** Everything that was dropped, folders with all they hold. */
export async function collectDropped(transfer: DataTransfer): Promise<FileToUpload[]> {
  // The list is emptied when the event is over: it must be read before anything is waited for.
  const entries = [...transfer.items]
    .map((item) => item.webkitGetAsEntry())
    .filter((entry) => entry !== null);
  if (entries.length === 0) return [...transfer.files].map((file) => ({ file, path: file.name }));
  return (await Promise.all(entries.map((entry) => collect(entry, '')))).flat();
}

async function collect(entry: FileSystemEntry, folder: string): Promise<FileToUpload[]> {
  const path = `${folder}${entry.name}`;
  if (entry.isFile) {
    const file = await new Promise<File>((resolve, reject) =>
      (entry as FileSystemFileEntry).file(resolve, reject),
    );
    return [{ file, path }];
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  const found: FileToUpload[] = [];
  // A browser answers a hundred at a time, and nothing at the end.
  for (;;) {
    const page = await new Promise<FileSystemEntry[]>((resolve, reject) =>
      reader.readEntries(resolve, reject),
    );
    if (page.length === 0) return found;
    for (const child of page) found.push(...(await collect(child, `${path}/`)));
  }
}
