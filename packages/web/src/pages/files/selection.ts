/** What is marked in a list, by name. `focus` is where the keyboard is, `anchor` where a range began. */
export type Selection = {
  readonly names: ReadonlySet<string>;
  readonly focus: string | null;
  readonly anchor: string | null;
};

export const noSelection: Selection = { names: new Set(), focus: null, anchor: null };

type Keys = { range: boolean; toggle: boolean };

/** Follows a click: alone, added or taken away with Ctrl, up to here from the anchor with Shift. */
export function clickName(now: Selection, order: readonly string[], name: string, keys: Keys): Selection {
  if (keys.range && now.anchor !== null) {
    const range = between(order, now.anchor, name);
    return {
      names: keys.toggle ? new Set([...now.names, ...range]) : new Set(range),
      focus: name,
      anchor: now.anchor,
    };
  }
  if (!keys.toggle) return { names: new Set([name]), focus: name, anchor: name };
  const names = new Set(now.names);
  if (!names.delete(name)) names.add(name);
  return { names, focus: name, anchor: name };
}

/** Follows an arrow key by so many places, drawing the range along with Shift. Without a focus it begins at an end. */
export function moveFocus(now: Selection, order: readonly string[], by: number, range: boolean): Selection {
  const at = now.focus === null ? -1 : order.indexOf(now.focus);
  if (at === -1) return focusAt(now, order, by > 0 ? 0 : order.length - 1, range);
  return focusAt(now, order, at + by, range);
}

/** To one place, or to the end that is nearest to it. */
export function focusAt(now: Selection, order: readonly string[], index: number, range: boolean): Selection {
  const name = order[Math.max(0, Math.min(order.length - 1, index))];
  return name === undefined ? now : clickName(now, order, name, { range, toggle: false });
}

export const selectAll = (now: Selection, order: readonly string[]): Selection => ({
  names: new Set(order),
  focus: now.focus ?? order[0] ?? null,
  anchor: now.anchor ?? order[0] ?? null,
});

/** Without what is no longer there. */
export function keepExisting(now: Selection, order: readonly string[]): Selection {
  const there = new Set(order);
  if ([...now.names].every((name) => there.has(name)) && (now.focus === null || there.has(now.focus)))
    return now;
  return {
    names: new Set([...now.names].filter((name) => there.has(name))),
    focus: now.focus !== null && there.has(now.focus) ? now.focus : null,
    anchor: now.anchor !== null && there.has(now.anchor) ? now.anchor : null,
  };
}

function between(order: readonly string[], from: string, to: string): string[] {
  const [start, end] = [order.indexOf(from), order.indexOf(to)].sort((left, right) => left - right);
  return start === undefined || end === undefined || start === -1 ? [to] : order.slice(start, end + 1);
}
