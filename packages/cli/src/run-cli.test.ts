import { describe, expect } from 'vitest';
import { commandGroups } from './commands/command-groups.ts';
import { cliTest } from './testing/cli-test.ts';

describe('the command line', () => {
  cliTest('every command has help with examples and --json', async ({ longshore }) => {
    for (const { word, commands } of commandGroups) {
      for (const { name, examples } of commands) {
        const words = word === null ? [name] : [word, name];
        const ran = await longshore(...words, '--help');
        expect(ran).toMatchObject({ exitCode: 0, stderr: '' });
        expect(ran.stdout).toContain('--json');
        expect(examples.length).toBeGreaterThan(0);
        for (const example of examples) {
          expect(ran.stdout).toContain(example);
          expect(example).toContain(`longshore ${words.join(' ')}`);
        }
      }
    }
  });

  cliTest('an unknown command is exit code 2 and names what was meant', async ({ longshore }) => {
    const ran = await longshore('nodes', 'ad');
    expect(ran).toMatchObject({ exitCode: 2, stdout: '' });
    expect(ran.stderr).toBe(
      "error USAGE: unknown command 'ad' (Did you mean add?)\nfix: See `longshore nodes --help`.\n",
    );
  });

  cliTest('no command at all shows the help and is exit code 2', async ({ longshore }) => {
    expect(await longshore()).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('compress') });
  });

  cliTest('with --json an error is one document on standard error', async ({ longshore }) => {
    const ran = await longshore('compress', '/a', '--json');
    expect(ran).toMatchObject({ exitCode: 2, stdout: '' });
    expect(JSON.parse(ran.stderr)).toEqual({
      error: {
        code: 'USAGE',
        message: "required option '--to <path>' not specified",
        hint: 'See `longshore compress --help`.',
        details: {},
        requestId: '',
      },
    });
  });

  cliTest('--version tells the version', async ({ longshore }) => {
    expect(await longshore('--version')).toMatchObject({
      exitCode: 0,
      stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
    });
  });
});
