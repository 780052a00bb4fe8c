import { productVersion } from '@longshore/protocol';
import { Command } from 'commander';
import { commandGroups } from './commands/command-groups.ts';
import type { CommandDefinition } from './define-command.ts';

/** Called with the command that was given and what stands behind it: its arguments, then its options. */
export type Dispatch = (definition: CommandDefinition, given: unknown[], json: boolean) => Promise<void>;

const introduction = `Files on your master, and the work its nodes do on them.

Sign in first: longshore login http://127.0.0.1:5212 --user admin`;

const environment = `
Every command knows --help, and --json for scripts. The master and the token
come from LONGSHORE_URL and LONGSHORE_TOKEN, or from the last login.

Exit codes: 0 done, 1 failed, 2 wrong usage, 3 master not reachable or not
allowed, 130 interrupted`;

/** The whole command line. It parses and dispatches; it does nothing by itself. */
export function createProgram(dispatch: Dispatch): Command {
  const program = new Command('longshore')
    .description(introduction)
    .version(productVersion, '-V, --version', 'show the version')
    .helpOption('-h, --help', 'show this help')
    .helpCommand(false)
    .addHelpText('after', environment)
    .configureHelp({ subcommandTerm });
  for (const { title, word, summary, commands } of commandGroups) {
    const heading = word === null ? `${title}:` : 'Tasks, nodes and accounts:';
    const parent =
      word === null
        ? program
        : program.command(word).description(summary).helpGroup(heading).helpCommand(false);
    for (const definition of commands) {
      const command = addCommand(parent, definition, dispatch);
      if (word === null) command.helpGroup(heading);
    }
  }
  return program;
}

/** "put <local...> <remote>": options are told by the help of the command itself. */
const subcommandTerm = (command: Command): string =>
  `${command.name()} ${command.commands.length > 0 ? '' : command.usage().replace('[options] ', '').replace('[options]', '')}`.trimEnd();

function addCommand(parent: Command, definition: CommandDefinition, dispatch: Dispatch): Command {
  const command = parent.command(definition.name).summary(definition.summary);
  const examples = definition.examples.map((example) => `  ${example}`).join('\n');
  return definition
    .setup(command)
    .description([definition.summary, ...definition.notes].join('.\n\n').concat('.').replace(/\.\.$/, '.'))
    .option('--json', definition.jsonLines ? 'print one JSON document a line' : 'print one JSON document')
    .addHelpText('after', `\nExamples:\n${examples}`)
    .action(async (...given: unknown[]) => {
      // Commander adds the command itself at the end.
      const { json, ...options } = command.opts<{ json?: true }>();
      const values = given.slice(0, -2);
      await dispatch(definition, [...values, options], json === true);
    });
}
