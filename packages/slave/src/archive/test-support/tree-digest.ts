import { createHash } from 'node:crypto';

/** The digest of a tree as the corpus has it: of Python's `json.dumps` over [name, "f", size, sha256], by name. */
export function treeDigest(files: ReadonlyMap<string, Buffer>): string {
  const rows = [...files]
    .sort(([a], [b]) => compareCodePoints(a, b))
    .map(([name, content]) => {
      const sha256 = createHash('sha256').update(content).digest('hex');
      return `[${pythonString(name)}, "f", ${content.length}, "${sha256}"]`;
    });
  return createHash('sha256')
    .update(`[${rows.join(', ')}]`)
    .digest('hex');
}

const pythonString = (text: string): string =>
  JSON.stringify(text).replace(
    /[\u007f-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );

function compareCodePoints(a: string, b: string): number {
  const [left, right] = [[...a], [...b]];
  for (let at = 0; at < Math.min(left.length, right.length); at += 1) {
    const difference = (left[at]?.codePointAt(0) ?? 0) - (right[at]?.codePointAt(0) ?? 0);
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}
