import { nodes } from '@longshore/protocol';
import { z } from 'zod';
import { signedIn } from '../../cli.ts';
import { defineCommand } from '../../define-command.ts';
import { CommandError } from '../../errors/command-error.ts';
import { as, wholeNumber } from '../../option-values.ts';
import { newPrivateFile } from './new-private-file.ts';

type Options = { conf?: string; overlap?: number; revokeOld?: true };

export const nodesRotateKey = defineCommand({
  name: 'rotate-key',
  summary: 'Give a slave a new secret while the old one stays valid',
  notes: [
    'Put the new conf.ini in place, or only its Secret into the old one, whenever it suits: the slave reads it anew by ' +
      'itself and its work goes on. The master accepts the old secret until it has seen the new one in use. `--revoke-old` ends that at once and makes no new secret. When a secret was stolen, ' +
      '`--overlap 0` refuses it from this moment; what the node holds runs elsewhere.',
  ],
  examples: [
    'longshore nodes rotate-key shed --conf conf.ini',
    'longshore nodes rotate-key shed --overlap 86400',
    'longshore nodes rotate-key shed --revoke-old',
  ],
  json: z.union([nodes.rotateKey.response, nodes.revokeOldKey.response]),
  setup: (command) =>
    command
      .argument('<node>', 'name or id of the node')
      .option('--conf <file>', 'write conf.ini to this new file instead of printing it')
      .option(
        '--overlap <seconds>',
        'how long the old secret is accepted (default: until the new one is used)',
        as(wholeNumber(0, 30 * 86_400)),
      )
      .option('--revoke-old', 'accept only the newest secret from now on'),
  run: async (cli, id: string, options: Options) => {
    if (options.revokeOld && (options.conf !== undefined || options.overlap !== undefined)) {
      throw CommandError.local('USAGE', '--revoke-old makes no new secret: leave out --conf and --overlap');
    }
    const api = await signedIn(cli);
    const params = { id };
    if (options.revokeOld) {
      const node = await api.call(nodes.revokeOldKey, { params });
      return { json: node, text: [`Only the newest secret of ${node.name} is valid now.`] };
    }
    const conf = options.conf === undefined ? null : await newPrivateFile(options.conf);
    const body = { overlapSeconds: options.overlap ?? null };
    const answer = await api.call(nodes.rotateKey, { params, body }).catch(async (error: unknown) => {
      await conf?.discard();
      throw error;
    });
    await conf?.finish(answer.confIni);
    const next = `A running slave takes it from the file by itself, without a restart. ${oldSecret(options.overlap)}`;
    if (options.conf !== undefined) {
      const text = [`Its new configuration is in ${options.conf}; copy it to its machine.`, next];
      return { json: answer, text };
    }
    const before = ['Save this as conf.ini on its machine; the secret is not shown again:', ''];
    return { json: answer, text: [answer.confIni.trimEnd()], said: { before, after: ['', next] } };
  },
});

function oldSecret(overlap: number | undefined): string {
  if (overlap === 0) return 'The old secret is refused already.';
  return `The old secret stays valid ${overlap === undefined ? 'until the new one is used' : `for ${overlap} s`}.`;
}
