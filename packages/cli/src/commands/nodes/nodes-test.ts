import { nodeTestRoute, TestStep } from '@longshore/protocol';
import { readLines } from '../../api/read-lines.ts';
import { signedIn } from '../../cli.ts';
import { defineStreamingCommand } from '../../define-command.ts';
import { emit } from '../../output/emit.ts';
import type { Paint } from '../../output/paint.ts';
import { printable } from '../../output/printable.ts';

export const nodesTest = defineStreamingCommand({
  name: 'test',
  summary: 'Test the communication with a node, step by step',
  notes: ['Each step is shown as soon as it is known. The exit code is 1 when a step has failed.'],
  examples: [
    'longshore nodes test shed',
    "longshore nodes test shed --json | jq -r 'select(.error) | .error.code'",
  ],
  json: TestStep,
  setup: (command) => command.argument('<node>', 'name or id of the node'),
  run: async (cli, id: string) => {
    const api = await signedIn(cli);
    const path = nodeTestRoute.replace('{id}', encodeURIComponent(id));
    const response = await api.open({
      method: 'POST',
      path,
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
      emit(cli, null, ['', all ? cli.paint.good(`${id} is ready.`) : cli.paint.bad(`${id} is not ready.`)]);
    }
    return { exitCode: failed === 0 && ok > 0 ? 0 : 1 };
  },
});

function stepLines(paint: Paint, { step, status, durationMs, evidence, error }: TestStep): string[] {
  const mark = { ok: paint.good('✔'), failed: paint.bad('✖'), skipped: paint.dim('–') }[status];
  const time = status === 'skipped' ? '' : `${Math.round(durationMs)} ms`;
  const line = (found: string): string =>
    `${mark} ${step.padEnd(9)}  ${time.padStart(8)}  ${found}`.trimEnd();
  if (error === null) return [line(printable(evidence))];
  return [
    line(`${paint.bad(error.code)}: ${printable(error.message)}`),
    ...(error.message.includes(evidence) ? [] : [`    seen: ${printable(evidence)}`]),
    `    fix: ${printable(error.hint)}`,
  ];
}
