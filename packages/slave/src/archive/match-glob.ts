import type { GlobStep } from './parse-glob.ts';

/**
 * Whether the steps take a whole path, or a folder above it. All ways through the steps are followed at once, so that the
 * time grows with the length of the path times that of the pattern, whatever the pattern: one that goes back to try again,
 * as regular expressions do, can be made to take years.
 */
export function matchGlob(steps: readonly GlobStep[], path: string): boolean {
  let states = new Set<number>();
  const enter = (into: Set<number>, at: number): void => {
    into.add(at);
    const type = steps[at]?.type;
    // Both may take nothing. `folders` is entered at the start of a component only.
    if (type === 'run' || type === 'folders') enter(into, at + 1);
  };
  enter(states, 0);
  /** The `folders` steps that are inside a component, and come back to their start after it. */
  let inside = new Set<number>();
  for (const character of path) {
    if (character === '/' && states.has(steps.length)) return true;
    const next = new Set<number>();
    const nextInside = new Set<number>();
    for (const at of inside) {
      if (character === '/') enter(next, at);
      else nextInside.add(at);
    }
    for (const at of states) {
      const step = steps[at];
      if (step === undefined) continue;
      if (step.type === 'folders') {
        if (character !== '/') nextInside.add(at);
      } else if (step.type === 'run') {
        if (character !== '/') enter(next, at);
      } else if (takes(step, character)) enter(next, at + 1);
    }
    if (next.size === 0 && nextInside.size === 0) return false;
    states = next;
    inside = nextInside;
  }
  return states.has(steps.length);
}

function takes(step: Exclude<GlobStep, { type: 'run' | 'folders' }>, character: string): boolean {
  switch (step.type) {
    case 'character':
      return step.character === character;
    case 'any':
      return character !== '/';
    case 'set':
      return (
        character !== '/' &&
        step.ranges.some(([low, high]) => low <= character && character <= high) !== step.negated
      );
    default:
      return step satisfies never;
  }
}
