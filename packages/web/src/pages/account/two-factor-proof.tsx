import { Button, PasswordInput, Stack, Text, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { t } from '../../language/language.ts';
import { ErrorAlert } from '../../ui/error-alert.tsx';

type Proof = { password: string; code: string };

/** Both factors once more, before the second one is changed. */
export function TwoFactorProof<Answer>(ask: {
  text: string;
  submit: string;
  color?: string;
  run: (proof: Proof) => Promise<Answer>;
  onSuccess: (answer: Answer) => void;
}) {
  const [proof, setProof] = useState<Proof>({ password: '', code: '' });
  const run = useMutation({ mutationFn: ask.run, onSuccess: ask.onSuccess });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        run.mutate(proof);
      }}
    >
      <Stack>
        {run.error && <ErrorAlert error={run.error} />}
        <Text size="sm">{ask.text}</Text>
        <PasswordInput
          label={t('password.current')}
          autoComplete="current-password"
          data-autofocus
          required
          withAsterisk={false}
          value={proof.password}
          onChange={(event) => setProof({ ...proof, password: event.currentTarget.value })}
        />
        <TextInput
          label={t('signIn.code')}
          description={t('signIn.codeHint')}
          autoComplete="one-time-code"
          required
          minLength={6}
          withAsterisk={false}
          value={proof.code}
          onChange={(event) => setProof({ ...proof, code: event.currentTarget.value })}
        />
        <Button type="submit" {...(ask.color && { color: ask.color })} loading={run.isPending}>
          {ask.submit}
        </Button>
      </Stack>
    </form>
  );
}
