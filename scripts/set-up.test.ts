import { expect, test } from 'vitest';
import { explainFailure } from './set-up.mjs';

test.for([
  [
    'npm error FetchError: request to http://127.0.0.1:9/pnpm failed, reason: connect ECONNREFUSED 127.0.0.1:9',
    'registry',
  ],
  ['[WARN] GET http://a/ error (error sending request: client error (Connect))', 'registry'],
  ['npm error code ENOSPC', 'The disk is full'],
  ['Error: ERR_PNPM_OUTDATED_LOCKFILE', 'without pnpm-lock.yaml'],
  ['something else', 'exit code 9'],
])('%j is explained', ([output, explanation]) => {
  expect(explainFailure(output ?? '', 9)).toContain(explanation);
});
