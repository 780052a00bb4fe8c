import { accounts } from '@longshore/protocol';
import { Button, PasswordInput, Stack } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { call } from '../api/call.ts';
import { t } from '../language/language.ts';
import { ErrorAlert } from '../ui/error-alert.tsx';

const minLength = 10;

/** Replaces one's own password; every other session ends. */
export function PasswordForm({ onDone }: { onDone: () => void }) {
  const client = useQueryClient();
  const form = useForm({
    mode: 'uncontrolled',
    initialValues: { current: '', next: '', repeat: '' },
    validate: {
      next: (value) => (value.length < minLength ? t('password.tooShort', { count: minLength }) : null),
      repeat: (value, all) => (value === all.next ? null : t('password.differs')),
    },
  });
  const change = useMutation({
    mutationFn: ({ current, next }: { current: string; next: string }) =>
      call(accounts.changePassword, { body: { current, next } }),
    onSuccess: (session) => {
      client.setQueryData(['me'], session.user);
      form.reset();
      onDone();
    },
  });
  const field = (name: 'current' | 'next' | 'repeat') => ({
    label: t(`password.${name}`),
    autoComplete: name === 'current' ? 'current-password' : 'new-password',
    required: true,
    withAsterisk: false,
    ...form.getInputProps(name),
  });
  return (
    <form onSubmit={form.onSubmit((values) => change.mutate(values))}>
      <Stack>
        {change.error && <ErrorAlert error={change.error} />}
        <PasswordInput key={form.key('current')} {...field('current')} />
        <PasswordInput
          key={form.key('next')}
          description={t('password.rule', { count: minLength })}
          {...field('next')}
        />
        <PasswordInput key={form.key('repeat')} {...field('repeat')} />
        <Button type="submit" loading={change.isPending}>
          {t('password.submit')}
        </Button>
      </Stack>
    </form>
  );
}
