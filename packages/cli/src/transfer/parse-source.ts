/**
 * Like `cp -r`: "folder" means the folder itself, "folder/." means what is in it. Tells which, and the path without
 * the dot.
 */
export function parseSource(path: string): { path: string; contentOnly: boolean } {
  if (!/(^|\/)\.\/*$/.test(path)) return { path, contentOnly: false };
  return { path: path.replace(/\.\/*$/, '') || '.', contentOnly: true };
}
