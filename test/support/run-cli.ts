import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { root } from './programs.ts';

export type CliResult = { readonly code: number | null; readonly stdout: string; readonly stderr: string };

/** A command line user with a configuration folder of their own. */
export type CliUser = {
  /** Runs `./longshore …` and answers what it printed, whatever the exit code. */
  run(args: readonly string[], options?: { input?: string; cwd?: string }): Promise<CliResult>;
  /** Runs with `--json` and answers the document; throws with everything printed unless the exit code is 0. */
  json<Document>(args: readonly string[]): Promise<Document>;
};

export function cliUser(configFolder: string): CliUser {
  const run: CliUser['run'] = async (args, options = {}) => {
    const child = spawn(join(root, 'longshore'), args, {
      cwd: options.cwd ?? root,
      env: { ...process.env, XDG_CONFIG_HOME: configFolder, LONGSHORE_URL: '', LONGSHORE_TOKEN: '' },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    child.stdin.end(options.input ?? '');
    const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
    return { code: child.exitCode, stdout, stderr };
  };
  return {
    run,
    json: async (args) => {
      const result = await run([...args, '--json']);
      if (result.code !== 0) {
        throw new Error(
          `longshore ${args.join(' ')} ended with ${result.code}\n${result.stdout}\n${result.stderr}`,
        );
      }
      return JSON.parse(result.stdout);
    },
  };
}
