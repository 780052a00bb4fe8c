import { AppError } from '@longshore/protocol';

/** What one step of a pattern takes from a path. `folders` takes any number of whole components, none as well. */
export type GlobStep =
  | { readonly type: 'character'; readonly character: string }
  | {
      readonly type: 'set';
      readonly negated: boolean;
      readonly ranges: readonly (readonly [string, string])[];
    }
  | { readonly type: 'any' }
  | { readonly type: 'run' }
  | { readonly type: 'folders' };

const maxAlternatives = 1000;

/**
 * The alternatives of a glob, each as its steps: `**` as a whole component, `*`, `?`, `[a-z]`, `[!a-z]`, `{a,b}` (also
 * nested), `\` before a character that stands for itself. A bracket or brace that is not closed stands for itself.
 * Throws `BAD_REQUEST` when the braces stand for too many alternatives.
 */
export function parseGlob(pattern: string): readonly (readonly GlobStep[])[] {
  return expandBraces(pattern).map(parseSteps);
}

/** True when a pattern says more than one path. */
export const isGlob = (pattern: string): boolean => /(?:^|[^\\])(?:\\\\)*[*?[{]/.test(pattern);

function expandBraces(pattern: string): readonly string[] {
  let open: string[] = [''];
  const opened: { before: readonly string[]; alternatives: string[] }[] = [];
  const append = (text: string): void => {
    open = open.map((start) => start + text);
  };
  const characters = [...pattern];
  const closed = closedBraces(characters);
  for (let at = 0; at < characters.length; at += 1) {
    const character = characters[at] ?? '';
    const group = opened.at(-1);
    if (character === '\\') {
      append(character + (characters[at + 1] ?? ''));
      at += 1;
    } else if (character === '{' && closed.has(at)) {
      opened.push({ before: open, alternatives: [] });
      open = [''];
    } else if (character === ',' && group !== undefined) {
      group.alternatives.push(...open);
      open = [''];
    } else if (character === '}' && group !== undefined) {
      opened.pop();
      const alternatives = [...group.alternatives, ...open];
      if (group.before.length * alternatives.length > maxAlternatives) {
        throw new AppError('BAD_REQUEST', `a pattern may stand for at most ${maxAlternatives} alternatives`);
      }
      open = group.before.flatMap((start) => alternatives.map((end) => start + end));
    } else append(character);
  }
  return open;
}

/** Where the braces stand that are closed later. */
function closedBraces(characters: readonly string[]): ReadonlySet<number> {
  const open: number[] = [];
  const closed = new Set<number>();
  for (let at = 0; at < characters.length; at += 1) {
    if (characters[at] === '\\') at += 1;
    else if (characters[at] === '{') open.push(at);
    else if (characters[at] === '}') {
      const start = open.pop();
      if (start !== undefined) closed.add(start);
    }
  }
  return closed;
}

function parseSteps(alternative: string): readonly GlobStep[] {
  const characters = [...alternative];
  const steps: GlobStep[] = [];
  for (let at = 0; at < characters.length; at += 1) {
    const character = characters[at] ?? '';
    if (character === '\\' && at + 1 < characters.length) {
      at += 1;
      steps.push({ type: 'character', character: characters[at] ?? '' });
    } else if (character === '?') steps.push({ type: 'any' });
    else if (character === '[') {
      const set = parseSet(characters, at);
      if (set === undefined) steps.push({ type: 'character', character });
      else {
        steps.push(set.step);
        at = set.end;
      }
    } else if (character === '*') {
      const first = at;
      while (characters[at + 1] === '*') at += 1;
      const isComponent =
        at > first && (first === 0 || characters[first - 1] === '/') && characters[at + 1] === '/';
      if (isComponent) {
        at += 1;
        steps.push({ type: 'folders' });
      } else steps.push({ type: 'run' });
    } else steps.push({ type: 'character', character });
  }
  return steps;
}

/** A set such as `[a-z_]`, from its opening bracket; undefined when nothing closes it. A `]` in front belongs to it. */
function parseSet(characters: readonly string[], start: number): { step: GlobStep; end: number } | undefined {
  let at = start + 1;
  const negated = characters[at] === '!' || characters[at] === '^';
  if (negated) at += 1;
  const ranges: [string, string][] = [];
  for (let first = true; at < characters.length; first = false) {
    if (characters[at] === ']' && !first) return { step: { type: 'set', negated, ranges }, end: at };
    if (characters[at] === '\\' && at + 1 < characters.length) at += 1;
    const low = characters[at] ?? '';
    const isRange = characters[at + 1] === '-' && at + 2 < characters.length && characters[at + 2] !== ']';
    ranges.push([low, isRange ? (characters[at + 2] ?? '') : low]);
    at += isRange ? 3 : 1;
  }
  return undefined;
}
