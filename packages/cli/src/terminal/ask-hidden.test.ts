import { PassThrough } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { askHidden } from './ask-hidden.ts';

function terminal() {
  const raw: boolean[] = [];
  const stdin = Object.assign(new PassThrough(), { isTTY: true, setRawMode: (on: boolean) => raw.push(on) });
  const stderr = new PassThrough();
  return { raw, stdin, stderr, io: { stdin, stdout: new PassThrough(), stderr } };
}

describe('a hidden question', () => {
  test('shows nothing of what is typed, and takes corrections', async () => {
    const { io, stdin, stderr, raw } = terminal();
    const asked = askHidden(io, 'Password: ');
    stdin.write('secretX');
    stdin.write('\u007f\r');
    expect(await asked).toBe('secret');
    expect(stderr.setEncoding('utf8').read(11)).toBe('Password: \n');
    expect(raw).toEqual([true, false]);
  });

  test('Ctrl+C is an interruption, and the terminal is as before', async () => {
    const { io, stdin, raw } = terminal();
    const asked = askHidden(io, 'Password: ');
    stdin.write('sec\u0003');
    await expect(asked).rejects.toMatchObject({ code: 'INTERRUPTED' });
    expect(raw).toEqual([true, false]);
  });
});
