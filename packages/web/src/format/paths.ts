/** Paths as the API has them: absolute, without a slash at the end, "/" for the top. */
export const joinPath = (folder: string, name: string): string =>
  folder === '/' ? `/${name}` : `${folder}/${name}`;

export const baseName = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

export const parentPath = (path: string): string => path.slice(0, path.lastIndexOf('/')) || '/';

/** The folders on the way to a path, the top first, itself last. */
export function pathSteps(path: string): { name: string; path: string }[] {
  const names = path.split('/').filter((name) => name !== '');
  return names.map((name, index) => ({ name, path: `/${names.slice(0, index + 1).join('/')}` }));
}

const doubleEndings = /\.tar\.(gz|bz2|xz|zst|lz4)$/i;

/** A name without its ending: "photos" for "photos.tar.gz". */
export function stem(name: string): string {
  const short = name.replace(doubleEndings, '');
  if (short !== name) return short;
  const dot = name.lastIndexOf('.');
  return dot <= 0 ? name : name.slice(0, dot);
}

const archiveEndings =
  /\.(zip|jar|tar|tgz|tbz2?|txz|tzst|gz|bz2|xz|zst|lz4|br|7z|rar|tar\.(gz|bz2|xz|zst|lz4|br))$/i;

export const isArchive = (name: string): boolean => archiveEndings.test(name);
