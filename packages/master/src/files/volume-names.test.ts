import { expect, it } from 'vitest';
import { volumeNames } from './volume-names.ts';

it.each([
  ['a.7z.002', ['a.7z.001', 'a.7z.002', 'a.7z.003'], null],
  ['a.part01.rar', ['a.part01.rar', 'a.part02.rar', 'a.part03.rar'], null],
  ['a.part3.rar', ['a.part1.rar', 'a.part2.rar', 'a.part3.rar'], null],
  ['a.rar', ['a.rar', 'a.r00', 'a.r01'], null],
  ['a.zip', ['a.z01', 'a.z02', 'a.z03'], 'a.zip'],
  ['a.z02', ['a.z01', 'a.z02', 'a.z03'], 'a.zip'],
] as const)('A10 %s belongs to the volumes %j', (name, first, last) => {
  const volumes = volumeNames(name);
  expect(volumes?.names.slice(0, 3)).toEqual(first);
  expect(volumes?.last).toBe(last);
});

it.each(['a.tar.gz', 'photo.jpg', 'a.12', '.001'])('%s is no volume', (name) => {
  expect(volumeNames(name)).toBeNull();
});
