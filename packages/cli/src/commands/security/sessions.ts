import { security } from '@longshore/protocol';
import { z } from 'zod';
import { signedIn, tableStyle } from '../../cli.ts';
import { defineCommand } from '../../define-command.ts';
import { CommandError } from '../../errors/command-error.ts';
import { formatTime, plural } from '../../output/format-values.ts';
import { printable } from '../../output/printable.ts';
import { table } from '../../output/table.ts';

export const sessionsLs = defineCommand({
  name: 'ls',
  summary: 'List where you are signed in',
  examples: ['longshore sessions ls'],
  json: security.listSessions.response,
  run: async (cli) => {
    const api = await signedIn(cli);
    const answer = await api.call(security.listSessions, {});
    const rows = answer.sessions.map((session) => [
      session.id,
      formatTime(session.createdAtMs),
      session.current ? cli.paint.good('this one') : formatTime(session.lastUsedAtMs),
      printable(session.address),
      printable(session.userAgent),
    ]);
    const columns = [
      ...['ID', 'SIGNED IN', 'USED', 'FROM'].map((title) => ({ title })),
      { title: 'CLIENT', shrink: true },
    ];
    return { json: answer, text: table(columns, rows, tableStyle(cli)) };
  },
});

export const sessionsRm = defineCommand({
  name: 'rm',
  summary: 'Sign out somewhere else',
  notes: ['API tokens are no sessions and stay: `longshore tokens rm` ends one.'],
  examples: ['longshore sessions rm 0b9f3c1e-7d0a-4b57-9a63-5f1f6c5b2a10', 'longshore sessions rm --others'],
  json: z.object({ ended: z.number() }),
  setup: (command) =>
    command.argument('[id]', 'the session').option('--others', 'every session but the one you use now'),
  run: async (cli, id: string | undefined, options: { others?: true }) => {
    if ((id === undefined) === (options.others !== true)) {
      throw CommandError.local('USAGE', 'name a session, or pass --others');
    }
    const api = await signedIn(cli);
    if (id === undefined) {
      const answer = await api.call(security.endOtherSessions, {});
      return { json: answer, text: [`Ended ${plural(answer.ended, 'session')}.`] };
    }
    await api.call(security.endSession, { params: { id } });
    return { json: { ended: 1 }, text: ['Ended the session.'] };
  },
});
