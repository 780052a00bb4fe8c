import type { Command } from 'commander';
import type { z } from 'zod';
import type { Cli } from './cli.ts';

/** What a command answers: the document for `--json`, and the same for people, as lines. */
export type Result<Json> = {
  readonly json: Json;
  readonly text: readonly string[];
  /**
   * Around the text, on standard error: for a person at a terminal and not for the file that the text is written to.
   */
  readonly said?: { readonly before: readonly string[]; readonly after: readonly string[] };
  /** 0 unless the work that was asked for has failed. */
  readonly exitCode?: number;
};

/** A command as the program and the reference know it, whatever its arguments are. */
export type CommandDefinition = {
  readonly name: string;
  readonly summary: string;
  /** Paragraphs below the summary. */
  readonly notes: readonly string[];
  /** Complete commands that work as they stand. */
  readonly examples: readonly string[];
  /** What `--json` prints. */
  readonly json: z.ZodType;
  /** True for commands that print one document a line while they run. */
  readonly jsonLines: boolean;
  readonly setup: (command: Command) => Command;
  readonly run: (cli: Cli, given: readonly unknown[]) => Promise<Result<unknown> | { exitCode: number }>;
};

type Spec<Json extends z.ZodType, Given extends readonly unknown[]> = {
  name: string;
  summary: string;
  notes?: readonly string[];
  examples: readonly string[];
  json: Json;
  setup?: (command: Command) => Command;
  /** `given` are the arguments in their order, then the options, as `setup` declares them. */
  run: (cli: Cli, ...given: Given) => Promise<Result<z.output<Json>>>;
};

export function defineCommand<Json extends z.ZodType, Given extends readonly unknown[]>(
  spec: Spec<Json, Given>,
): CommandDefinition {
  return {
    ...spec,
    notes: spec.notes ?? [],
    jsonLines: false,
    setup: spec.setup ?? ((command) => command),
    // Commander does not type what it parsed; `setup` and the types of `given` stand together in one file.
    run: (cli, given) => spec.run(cli, ...(given as unknown as Given)),
  };
}

/** A command that prints while it runs, through `emit`, and answers only how it ended. */
export function defineStreamingCommand<Json extends z.ZodType, Given extends readonly unknown[]>(
  spec: Omit<Spec<Json, Given>, 'run'> & {
    run: (cli: Cli, ...given: Given) => Promise<{ exitCode: number }>;
  },
): CommandDefinition {
  return {
    ...spec,
    notes: spec.notes ?? [],
    jsonLines: true,
    setup: spec.setup ?? ((command) => command),
    run: (cli, given) => spec.run(cli, ...(given as unknown as Given)),
  };
}
