import { GrantableCapability, NodeName, NodeUrl, nodes } from '@longshore/protocol';
import { signedIn } from '../../cli.ts';
import { defineCommand } from '../../define-command.ts';
import { as, listOf, wholeNumber } from '../../option-values.ts';
import { newPrivateFile } from './new-private-file.ts';

type Options = {
  url: string;
  internalUrl?: string;
  weight: number;
  capabilities?: GrantableCapability[];
  disabled?: true;
  conf?: string;
};

export const nodesAdd = defineCommand({
  name: 'add',
  summary: 'Register a slave and get its conf.ini',
  notes: [
    'Prints the complete configuration with the secret that the master and the slave share, and the command that ' +
      'starts the slave. The secret cannot be shown again. The configuration alone goes to standard output. With `--conf` ' +
      'it goes to a file that only you can read, and is not printed; `--json` always holds it.',
  ],
  examples: [
    'longshore nodes add shed --url http://10.0.0.5:5213 --weight 2',
    'longshore nodes add shed --url http://10.0.0.5:5213 --capabilities create-archive,extract-archive --conf conf.ini',
  ],
  json: nodes.createNode.response,
  setup: (command) =>
    command
      .argument('<name>', 'name of the node', as(NodeName))
      .requiredOption('--url <url>', 'where the master reaches the slave', as(NodeUrl))
      .option('--internal-url <url>', 'address inside the private network (default: the same)', as(NodeUrl))
      .option('--weight <number>', 'share of the work that it gets, 1 to 1000', as(wholeNumber(1, 1000)), 1)
      .option(
        '--capabilities <names>',
        `what it may do: ${GrantableCapability.options.join(', ')} (default: create-archive,extract-archive)`,
        listOf(GrantableCapability),
      )
      .option('--disabled', 'register it without giving it work yet')
      .option('--conf <file>', 'write conf.ini to this new file instead of printing it'),
  run: async (cli, name: string, options: Options) => {
    const api = await signedIn(cli);
    const conf = options.conf === undefined ? null : await newPrivateFile(options.conf);
    const body = {
      name,
      url: options.url,
      internalUrl: options.internalUrl ?? null,
      weight: options.weight,
      enabled: options.disabled !== true,
      ...(options.capabilities === undefined ? {} : { capabilities: options.capabilities }),
    };
    const answer = await api.call(nodes.createNode, { body }).catch(async (error: unknown) => {
      await conf?.discard();
      throw error;
    });
    await conf?.finish(answer.confIni);
    const added = [`Added the node ${name}.`, ''];
    const next = [
      '',
      ...(options.url.startsWith('https:')
        ? [
            'Put the paths of its certificate into [SSL], or follow the comment there when a proxy ends HTTPS.',
          ]
        : []),
      `Start the slave there with: ${answer.startCommand}`,
      `Then test it with: longshore nodes test ${name}`,
    ];
    if (options.conf !== undefined) {
      const text = [...added, `Its configuration is in ${options.conf}; copy it to its machine.`, ...next];
      return { json: answer, text };
    }
    const before = [...added, 'Save this as conf.ini on its machine; the secret is not shown again:', ''];
    return { json: answer, text: [answer.confIni.trimEnd()], said: { before, after: next } };
  },
});
