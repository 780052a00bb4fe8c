import { accounts, security } from '@longshore/protocol';
import { z } from 'zod';
import { findUser } from '../../api/find-user.ts';
import { signedIn } from '../../cli.ts';
import { defineCommand } from '../../define-command.ts';
import { formatTime } from '../../output/format-values.ts';
import { askHidden } from '../../terminal/ask-hidden.ts';

export const twoFactorStatus = defineCommand({
  name: 'status',
  summary: 'Show whether signing in takes a code of an authenticator app',
  examples: ['longshore two-factor status'],
  json: security.showTwoFactor.response,
  run: async (cli) => {
    const api = await signedIn(cli);
    const status = await api.call(security.showTwoFactor, {});
    const text =
      status.enabledAtMs === null
        ? 'Two-factor is off. Turn it on with `longshore two-factor on`.'
        : `Two-factor is on since ${formatTime(status.enabledAtMs)}; ${status.recoveryCodesLeft} recovery codes are left.`;
    return { json: status, text: [text] };
  },
});

export const twoFactorOn = defineCommand({
  name: 'on',
  summary: 'Let signing in take a code of an authenticator app',
  notes: [
    'Asks for your password, shows a secret to type into the app (or an `otpauth:` address to make a QR code of), ' +
      'and asks for a first code. Keep the recovery codes that are printed then: each signs you in once without the app.',
  ],
  examples: ['longshore two-factor on'],
  json: security.confirmTwoFactor.response,
  run: async (cli) => {
    const api = await signedIn(cli);
    const password = await askHidden(cli.io, 'Your password: ');
    const { secret, uri } = await api.call(security.startTwoFactor, { body: { password } });
    cli.io.stderr.write(`Secret for the app: ${secret}\n${uri}\n`);
    const code = await askHidden(cli.io, 'Code of the app: ');
    const answer = await api.call(security.confirmTwoFactor, { body: { code } });
    const text = ['Two-factor is on. Recovery codes, shown only now:', ...answer.recoveryCodes];
    return { json: answer, text };
  },
});

export const twoFactorOff = defineCommand({
  name: 'off',
  summary: 'Let signing in take the password alone again',
  examples: ['longshore two-factor off'],
  json: z.object({}),
  run: async (cli) => {
    const api = await signedIn(cli);
    const password = await askHidden(cli.io, 'Your password: ');
    const code = await askHidden(cli.io, 'Code of the app, or a recovery code: ');
    await api.call(security.disableTwoFactor, { body: { password, code } });
    return { json: {}, text: ['Two-factor is off.'] };
  },
});

export const twoFactorReset = defineCommand({
  name: 'reset',
  summary: 'Turn off the two-factor of a user who has lost app and recovery codes (administrators)',
  examples: ['longshore two-factor reset ada'],
  json: z.object({ user: accounts.me.response }),
  setup: (command) => command.argument('<user>', 'name or id of the user'),
  run: async (cli, name: string) => {
    const api = await signedIn(cli);
    const user = await findUser(api, name);
    await api.call(security.resetTwoFactor, { params: { id: user.id } });
    return { json: { user }, text: [`${user.name} signs in with the password alone now.`] };
  },
});
