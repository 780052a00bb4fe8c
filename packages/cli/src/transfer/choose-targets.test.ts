import { describe, expect, test } from 'vitest';
import { chooseTargets } from './choose-targets.ts';
import { joinRemote } from './join-remote.ts';
import { parseSource } from './parse-source.ts';

const photos = { name: 'photos', contentOnly: false };
const content = { name: 'photos', contentOnly: true };
const choose = (sources: (typeof photos)[], destination: string, isFolder: boolean): string[] =>
  chooseTargets(sources, destination, { isFolder, join: joinRemote });

describe('where sources go', () => {
  test('as cp -r does it', () => {
    expect(choose([photos], '/', true)).toEqual(['/photos']);
    expect(choose([photos], '/pictures', true)).toEqual(['/pictures/photos']);
    expect(choose([photos], '/pictures', false)).toEqual(['/pictures']);
    expect(choose([photos], '/pictures/', false)).toEqual(['/pictures/photos']);
    expect(choose([content], '/pictures', true)).toEqual(['/pictures']);
    expect(choose([photos, { ...photos, name: 'b' }], '/x', false)).toEqual(['/x/photos', '/x/b']);
  });

  test('two sources never become one path', () => {
    expect(() => choose([photos, photos], '/', true)).toThrow('two sources would both become /photos');
  });

  test('"folder/." is what is in it', () => {
    expect(parseSource('photos/.')).toEqual({ path: 'photos/', contentOnly: true });
    expect(parseSource('.')).toEqual({ path: '.', contentOnly: true });
    expect(parseSource('/.')).toEqual({ path: '/', contentOnly: true });
    expect(parseSource('./photos/')).toEqual({ path: './photos/', contentOnly: false });
    expect(parseSource('..')).toEqual({ path: '..', contentOnly: false });
    expect(parseSource('a.')).toEqual({ path: 'a.', contentOnly: false });
  });
});
