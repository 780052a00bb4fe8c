import { NodeUrl, nodeTestRoute, TestStep, unsavedNodeTestRoute } from '@longshore/protocol';
import { readLines } from '../../api/read-lines.ts';
import { type Cli, signedIn } from '../../cli.ts';
import { defineStreamingCommand } from '../../define-command.ts';
import { CommandError } from '../../errors/command-error.ts';
import { as } from '../../option-values.ts';
import { emit } from '../../output/emit.ts';
import type { Paint } from '../../output/paint.ts';
import { printable } from '../../output/printable.ts';
import { readSecretLines } from '../../terminal/read-secret-lines.ts';

export const nodesTest = defineStreamingCommand({
  name: 'test',
  summary: 'Test the communication with a node, step by step',
  notes: [
    'Each step is shown as soon as it is known. The exit code is 1 when a step has failed; a warning is something ' +
      'that works, but not as it should.',
    'With `--url` a slave is tested that is not registered, and nothing is stored. Without its secret the test ends ' +
      'where that is needed.',
  ],
  examples: [
    'longshore nodes test shed',
    "longshore nodes test shed --json | jq -r 'select(.error) | .error.code'",
    'longshore nodes test --url http://10.0.0.5:5213',
    'longshore nodes test --url http://10.0.0.5:5213 --secret-stdin < secret.txt',
  ],
  json: TestStep,
  setup: (command) =>
    command
      .argument('[node]', 'name or id of the node')
      .option('--url <url>', 'test the slave at this address instead', as(NodeUrl))
      .option('--secret-stdin', 'with --url: read its secret from standard input'),
  run: async (cli, id: string | undefined, options: { url?: string; secretStdin?: true }) => {
    const request = await toRequest(cli, id, options);
    const api = await signedIn(cli);
    const response = await api.open({
      ...request,
      method: 'POST',
      headers: { accept: 'application/x-ndjson, application/json' },
    });
    let failed = 0;
    let ok = 0;
    for await (const step of readLines(response, TestStep, api.url)) {
      if (step.status === 'failed') failed += 1;
      if (step.status === 'ok') ok += 1;
      emit(cli, step, stepLines(cli.paint, step));
    }
    if (!cli.json) {
      const all = failed === 0 && ok > 0;
      const name = id ?? options.url;
      const partly = ok > 0 && failed === 0 && options.url !== undefined && options.secretStdin !== true;
      const verdict = partly
        ? `${name} can be reached; give its secret to test the rest.`
        : `${name} is ${all ? 'ready' : 'not ready'}.`;
      emit(cli, null, ['', all ? cli.paint.good(verdict) : cli.paint.bad(verdict)]);
    }
    return { exitCode: failed === 0 && ok > 0 ? 0 : 1 };
  },
});

async function toRequest(
  cli: Cli,
  id: string | undefined,
  { url, secretStdin }: { url?: string; secretStdin?: true },
): Promise<{ path: string; body?: string }> {
  if ((id === undefined) === (url === undefined) || (secretStdin === true && url === undefined)) {
    throw CommandError.local('USAGE', 'name a node, or give --url, and --secret-stdin only with that');
  }
  if (id !== undefined) return { path: nodeTestRoute.replace('{id}', encodeURIComponent(id)) };
  const [secret = null] = secretStdin === true ? await readSecretLines(cli.io, 1) : [];
  return { path: unsavedNodeTestRoute, body: JSON.stringify({ url, secret }) };
}

function stepLines(paint: Paint, { step, status, durationMs, evidence, error }: TestStep): string[] {
  const mark = {
    ok: paint.good('✔'),
    warning: paint.warn('!'),
    failed: paint.bad('✖'),
    skipped: paint.dim('–'),
  }[status];
  const time = status === 'skipped' ? '' : `${Math.round(durationMs)} ms`;
  const line = (found: string): string =>
    `${mark} ${step.padEnd(9)}  ${time.padStart(8)}  ${found}`.trimEnd();
  if (error === null) return [line(printable(evidence))];
  return [
    line(`${paint[status === 'warning' ? 'warn' : 'bad'](error.code)}: ${printable(error.message)}`),
    ...(error.message.includes(evidence) ? [] : [`    seen: ${printable(evidence)}`]),
    `    fix: ${printable(error.hint)}`,
  ];
}
