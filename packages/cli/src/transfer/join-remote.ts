/** A path of the user's tree with names added, in Unicode NFC as the master stores them; "/" is the root. */
export const joinRemote = (folder: string, ...names: readonly string[]): string =>
  names.reduce((path, name) => `${path.replace(/\/+$/, '')}/${name}`, folder).normalize('NFC');
