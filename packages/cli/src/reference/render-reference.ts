import type { Argument, Command, Option } from 'commander';
import { commandGroups } from '../commands/command-groups.ts';
import { createProgram } from '../create-program.ts';
import type { CommandDefinition } from '../define-command.ts';
import { localErrors } from '../errors/local-errors.ts';
import { namedShapes } from './named-shapes.ts';
import { referenceIntroduction } from './reference-introduction.ts';
import { renderShape } from './render-shape.ts';

/** docs/cli.md, made from the program itself; a test holds the file equal to it. */
export function renderReference(): string {
  const program = createProgram(async () => undefined);
  const sections = commandGroups.flatMap(({ title, word, summary, commands }) => {
    const parent = word === null ? program : find(program, word);
    const heading = word === null ? title : `${title}: \`longshore ${word}\``;
    return [
      `## ${heading}`,
      `${summary}.`,
      ...commands.map((definition) => renderCommand(find(parent, definition.name), word, definition)),
    ];
  });
  return `${[referenceIntroduction, ...sections, renderShapes(), renderLocalErrors()].join('\n\n')}\n`;
}

function find(parent: Command, name: string): Command {
  const found = parent.commands.find((command) => command.name() === name);
  if (found === undefined) throw new Error(`there is no command ${name}`);
  return found;
}

function renderCommand(command: Command, word: string | null, definition: CommandDefinition): string {
  const name = ['longshore', word, definition.name].filter((part) => part !== null).join(' ');
  const rows = [
    ...command.registeredArguments.map((argument) => row(`\`${argument.name()}\``, argumentText(argument))),
    ...command.options
      .filter(({ long }) => long !== '--json')
      .map((option) => row(`\`${option.flags}\``, optionText(option))),
  ];
  const named = namedShapes.get(definition.json);
  const shape =
    named === undefined
      ? `:\n\n\`\`\`ts\n${renderShape(definition.json, namedShapes)}\n\`\`\``
      : `: \`${named}\``;
  return [
    `### ${name.replace('longshore ', '')}`,
    `\`\`\`\n${name} ${command.usage()}\n\`\`\``,
    `${definition.summary}.`,
    ...definition.notes,
    ...(rows.length === 0 ? [] : [['| argument, option | |', '| --- | --- |', ...rows].join('\n')]),
    `\`\`\`sh\n${definition.examples.join('\n')}\n\`\`\``,
    `With \`--json\`${definition.jsonLines ? ', one document a line' : ''}${shape}`,
  ].join('\n\n');
}

const row = (left: string, right: string): string => `| ${cell(left)} | ${cell(right)} |`;
const cell = (text: string): string => text.replaceAll('|', '\\|');

const argumentText = (argument: Argument): string =>
  `${argument.description}${argument.required ? '' : ` (default: \`${String(argument.defaultValue ?? 'none')}\`)`}`;

function optionText(option: Option): string {
  const choices = option.argChoices === undefined ? '' : `: ${option.argChoices.join(', ')}`;
  const fallback = option.defaultValue === undefined ? '' : ` (default: \`${String(option.defaultValue)}\`)`;
  return `${option.description}${choices}${fallback}${option.mandatory ? ' (required)' : ''}`;
}

function renderShapes(): string {
  const shapes = [...namedShapes].map(
    ([schema, name]) => `type ${name} = ${renderShape(schema, namedShapes)};`,
  );
  return [
    '## Shapes',
    'Times are milliseconds since 1970 (`…AtMs`), sizes are bytes. New fields may be added; none changes its meaning.',
    `\`\`\`ts\n${shapes.join('\n\n')}\n\`\`\``,
  ].join('\n\n');
}

function renderLocalErrors(): string {
  const rows = Object.entries(localErrors).map(([code, { exitCode, hint }]) =>
    row(`\`${code}\``, `${exitCode} | ${hint}`),
  );
  return [
    '## Errors of the command line itself',
    'Beside the codes that the master answers, which `docs/errors.md` lists:',
    [
      '| code | exit code | what to do |',
      '| --- | --- | --- |',
      ...rows.map((line) => line.replace('\\|', '|')),
    ].join('\n'),
  ].join('\n\n');
}
