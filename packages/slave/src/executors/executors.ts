import type { WorkKind } from '@longshore/protocol';
import { checkExecutor } from './check-executor.ts';
import { createArchiveExecutor } from './create-archive-executor.ts';
import type { Execution, Executor, WorkDone } from './executor.ts';
import type { ExecutorDependencies } from './executor-dependencies.ts';
import { extractArchiveExecutor } from './extract-archive-executor.ts';
import { joinArchiveExecutor } from './join-archive-executor.ts';

type Executors = { readonly [Kind in WorkKind]: (dependencies: ExecutorDependencies) => Executor<Kind> };

/** Everything this slave can do. A new kind of work is a file and a line here. */
export const executors = {
  'create-archive': createArchiveExecutor,
  'extract-archive': extractArchiveExecutor,
  'join-archive': joinArchiveExecutor,
  check: checkExecutor,
} as const satisfies Executors;

export type Execute = (execution: Execution) => Promise<WorkDone>;

export function createExecute(dependencies: ExecutorDependencies): Execute {
  return (execution) => {
    const { work } = execution.attempt;
    switch (work.kind) {
      case 'create-archive':
        return executors[work.kind](dependencies)(work, execution);
      case 'extract-archive':
        return executors[work.kind](dependencies)(work, execution);
      case 'join-archive':
        return executors[work.kind](dependencies)(work, execution);
      case 'check':
        return executors[work.kind]()(work, execution);
      default:
        return work satisfies never;
    }
  };
}
