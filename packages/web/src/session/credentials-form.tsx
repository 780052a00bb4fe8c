import { Button, PasswordInput, Stack, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { t } from '../language/language.ts';

type Credentials = { user: string; password: string };

export function CredentialsForm(props: { isPending: boolean; onSubmit: (credentials: Credentials) => void }) {
  const form = useForm<Credentials>({ mode: 'uncontrolled', initialValues: { user: '', password: '' } });
  return (
    <form onSubmit={form.onSubmit(props.onSubmit)}>
      <Stack>
        <TextInput
          label={t('signIn.user')}
          autoComplete="username"
          autoFocus
          required
          withAsterisk={false}
          key={form.key('user')}
          {...form.getInputProps('user')}
        />
        <PasswordInput
          label={t('signIn.password')}
          autoComplete="current-password"
          required
          withAsterisk={false}
          key={form.key('password')}
          {...form.getInputProps('password')}
        />
        <Button type="submit" fullWidth loading={props.isPending} mt="xs">
          {t('signIn.submit')}
        </Button>
      </Stack>
    </form>
  );
}
