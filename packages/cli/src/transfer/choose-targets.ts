import { CommandError } from '../errors/command-error.ts';

export type NamedSource = { readonly name: string; readonly contentOnly: boolean };

/**
 * Where each source goes, by the rules of `cp -r`: into a destination that is a folder, ends with "/" or takes
 * several sources; otherwise the one source becomes the destination. What "folder/." stands for goes right into it.
 */
export function chooseTargets(
  sources: readonly NamedSource[],
  destination: string,
  options: { isFolder: boolean; join: (folder: string, name: string) => string },
): string[] {
  const into = options.isFolder || destination.endsWith('/') || sources.length > 1;
  const targets = sources.map(({ name, contentOnly }) =>
    contentOnly || !into ? destination : options.join(destination, name),
  );
  const named = targets.filter((_, index) => sources[index]?.contentOnly === false);
  const twice = named.find((target, index) => named.indexOf(target) !== index);
  if (twice === undefined) return targets;
  throw CommandError.local('USAGE', `two sources would both become ${twice}`, {
    hint: 'Transfer them one at a time, each under its own name.',
  });
}
