/**
 * The names of the volumes of a split archive, in order, given the name of any one of them: `a.7z.001` `a.7z.002` …,
 * `a.part1.rar` `a.part2.rar` …, `a.rar` `a.r00` `a.r01` …, `a.z01` `a.z02` … `a.zip`. What exists of these is the
 * archive; `last` comes after however many there are before it. Null for a name that no volume has.
 */
export function volumeNames(name: string): { names: readonly string[]; last: string | null } | null {
  const numbered = /^(.+\.)(\d{3,5})$/.exec(name);
  if (numbered !== null) {
    const [, base = '', digits = ''] = numbered;
    return { names: count(1, 999).map((number) => base + pad(number, digits.length)), last: null };
  }
  const part = /^(.+\.part)(\d{1,4})(\.rar)$/i.exec(name);
  if (part !== null) {
    const [, base = '', digits = '', ending = ''] = part;
    return { names: count(1, 999).map((number) => base + pad(number, digits.length) + ending), last: null };
  }
  const rar = /^(.+\.)(rar|r\d\d)$/i.exec(name);
  if (rar !== null) {
    const [, base = ''] = rar;
    return {
      names: [`${base}rar`, ...count(0, 99).map((number) => `${base}r${pad(number, 2)}`)],
      last: null,
    };
  }
  const zip = /^(.+\.)(zip|z\d\d)$/i.exec(name);
  if (zip === null) return null;
  const [, base = ''] = zip;
  return { names: count(1, 99).map((number) => `${base}z${pad(number, 2)}`), last: `${base}zip` };
}

const count = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, index) => from + index);

const pad = (number: number, digits: number): string => String(number).padStart(digits, '0');
