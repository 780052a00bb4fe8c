import { accounts, type User, UserName } from '@longshore/protocol';
import { Alert, Button, Code, Group, NumberInput, Select, Stack, Switch, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { modals } from '@mantine/modals';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { call } from '../../api/call.ts';
import { t } from '../../language/language.ts';
import { confirm } from '../../ui/confirm.tsx';
import { CopyText } from '../../ui/copy-text.tsx';
import { ErrorAlert } from '../../ui/error-alert.tsx';
import { notifyError } from '../../ui/notify.tsx';

const gib = 1024 ** 3;

/** Makes a user, or edits one. */
export function openUserDialog(user: User | null): void {
  const id = modals.open({
    title: user === null ? t('users.add') : t('users.edit', { name: user.name }),
    closeButtonProps: { 'aria-label': t('common.close') },
    children: <UserForm user={user} onDone={() => modals.close(id)} />,
  });
}

type Values = { name: string; role: 'admin' | 'user'; quotaGib: number | ''; disabled: boolean };

function UserForm({ user, onDone }: { user: User | null; onDone: () => void }) {
  const client = useQueryClient();
  const [oneTime, setOneTime] = useState<{ name: string; password: string } | null>(null);
  const form = useForm<Values>({
    initialValues: {
      name: user?.name ?? '',
      role: user?.role ?? 'user',
      quotaGib: user === null || user.quotaBytes === null ? '' : user.quotaBytes / gib,
      disabled: user?.disabled ?? false,
    },
    validate: { name: (name) => (UserName.safeParse(name).success ? null : t('users.nameRule')) },
  });
  const save = useMutation({
    mutationFn: async ({ name, role, quotaGib, disabled }: Values) => {
      const quotaBytes = quotaGib === '' ? null : Math.round(quotaGib * gib);
      if (user !== null) {
        await call(accounts.updateUser, { params: { id: user.id }, body: { role, quotaBytes, disabled } });
        return null;
      }
      const created = await call(accounts.createUser, { body: { name, role, quotaBytes } });
      return created.oneTimePassword === null ? null : { name, password: created.oneTimePassword };
    },
    onSuccess: (password) => {
      void client.invalidateQueries({ queryKey: ['users'] });
      if (password === null) onDone();
      else setOneTime(password);
    },
  });
  const remove = (): void => {
    if (user === null) return;
    call(accounts.deleteUser, { params: { id: user.id } })
      .catch(notifyError)
      .finally(() => void client.invalidateQueries({ queryKey: ['users'] }));
  };
  if (oneTime !== null) return <OneTimePassword {...oneTime} onDone={onDone} />;
  return (
    <form onSubmit={form.onSubmit((values) => save.mutate(values))}>
      <Stack>
        {save.error && <ErrorAlert error={save.error} />}
        <TextInput
          label={t('users.column.name')}
          disabled={user !== null}
          data-autofocus
          {...form.getInputProps('name')}
        />
        <Select
          label={t('users.column.role')}
          data={(['user', 'admin'] as const).map((value) => ({ value, label: t(`role.${value}`) }))}
          allowDeselect={false}
          {...form.getInputProps('role')}
        />
        <NumberInput
          label={t('users.quota')}
          description={t('users.quotaHint')}
          suffix=" GiB"
          min={0}
          {...form.getInputProps('quotaGib')}
        />
        {user !== null && (
          <Switch
            label={t('users.isDisabled')}
            description={t('users.isDisabledHint')}
            {...form.getInputProps('disabled', { type: 'checkbox' })}
          />
        )}
        <Group justify="space-between">
          {user === null ? (
            <span />
          ) : (
            <Button
              variant="light"
              color="red"
              onClick={() => {
                onDone();
                confirm({
                  title: t('users.delete.title', { name: user.name }),
                  text: t('users.delete.text'),
                  confirm: t('common.delete'),
                  run: remove,
                });
              }}
            >
              {t('common.delete')}
            </Button>
          )}
          <Button type="submit" loading={save.isPending}>
            {t(user === null ? 'common.create' : 'common.save')}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

function OneTimePassword({ name, password, onDone }: { name: string; password: string; onDone: () => void }) {
  return (
    <Stack>
      <Alert color="teal" title={t('users.created', { name })}>
        {t('users.oneTime')}
      </Alert>
      <Group gap="xs">
        <Code block flex={1}>
          {password}
        </Code>
        <CopyText text={password} />
      </Group>
      <Group justify="flex-end">
        <Button onClick={onDone}>{t('common.close')}</Button>
      </Group>
    </Stack>
  );
}
