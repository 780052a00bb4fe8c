import { enableCompileCache } from 'node:module';
import process from 'node:process';
import { readSettings } from './config.ts';

// Compiled code is kept between runs: half of the time that a short command takes would go into compiling it again.
enableCompileCache(readSettings(process.env).compiledFolder);
const { runCli } = await import('./run-cli.ts');

const interrupt = new AbortController();

// The first Ctrl+C ends what is going on in an orderly way, the second one at once.
process.once('SIGINT', () => {
  interrupt.abort('interrupted');
  process.once('SIGINT', () => process.exit(130));
});
process.once('SIGTERM', () => interrupt.abort('interrupted'));

// A reader that has seen enough, such as `head`, is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  process.exit(error.code === 'EPIPE' ? 0 : 1);
});

const exitCode = await runCli(process.argv.slice(2), {
  io: { stdin: process.stdin, stdout: process.stdout, stderr: process.stderr },
  env: process.env,
  signal: interrupt.signal,
  nowMs: () => performance.now(),
});

// A connection that fetch has made anew after its request was aborted would keep the program for minutes.
await Promise.all([process.stdout, process.stderr].map(written));
process.exit(exitCode);

function written(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    stream.write('', () => resolve());
  });
}
