import {
  accounts,
  type EndpointInput,
  type User,
  type Group as UserGroup,
  UserName,
} from '@longshore/protocol';
import { Button, Group, Select, Skeleton, Stack, Switch, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { modals } from '@mantine/modals';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { call } from '../../api/call.ts';
import { t } from '../../language/language.ts';
import { signInMethodsQuery } from '../../queries/account-queries.ts';
import { groupsQuery } from '../../queries/group-queries.ts';
import { BytesInput } from '../../ui/bytes-input.tsx';
import { ErrorAlert } from '../../ui/error-alert.tsx';
import { formatLimit } from '../groups/limits.ts';
import { OneTimePassword } from './one-time-password.tsx';

/** Makes a user, or edits one. */
export function openUserDialog(user: User | null): void {
  const id = modals.open({
    title: user === null ? t('users.add') : t('users.edit', { name: user.name }),
    closeButtonProps: { 'aria-label': t('common.close') },
    children: <UserDialog user={user} onDone={() => modals.close(id)} />,
  });
}

function UserDialog({ user, onDone }: { user: User | null; onDone: () => void }) {
  const { data: groups, error, refetch } = useQuery(groupsQuery);
  if (error) return <ErrorAlert error={error} onRetry={() => void refetch()} />;
  if (groups === undefined) return <Skeleton h={320} />;
  return <UserForm user={user} groups={groups} onDone={onDone} />;
}

type Change = EndpointInput<typeof accounts.updateUser>['body'];
type Values = {
  name: string;
  role: User['role'];
  groupId: UserGroup['id'];
  quotaBytes: number | null;
  oidcLogin: string;
  disabled: boolean;
};

function UserForm(form: { user: User | null; groups: readonly UserGroup[]; onDone: () => void }) {
  const { user, groups, onDone } = form;
  const client = useQueryClient();
  const { data: methods } = useQuery(signInMethodsQuery);
  const [oneTime, setOneTime] = useState<{ title: string; password: string } | null>(null);
  const { values, ...fields } = useForm<Values>({
    initialValues: {
      name: user?.name ?? '',
      role: user?.role ?? 'user',
      groupId: (user?.group.id ?? groups.find(({ isDefault }) => isDefault)?.id) as UserGroup['id'],
      quotaBytes: user?.quotaBytes ?? null,
      oidcLogin: user?.oidcLogin ?? '',
      disabled: user?.disabled ?? false,
    },
    validate: { name: (name) => (UserName.safeParse(name).success ? null : t('users.nameRule')) },
  });
  const save = useMutation({
    mutationFn: async ({ name, role, groupId, quotaBytes, oidcLogin, disabled }: Values) => {
      const login = oidcLogin.trim() === '' ? null : oidcLogin.trim();
      if (user !== null) {
        const change: Change = { role, groupId, quotaBytes, disabled };
        // Sent again it would forget who has signed in with it.
        if (login !== user.oidcLogin) change.oidcLogin = login;
        await call(accounts.updateUser, { params: { id: user.id }, body: change });
        return null;
      }
      const created = await call(accounts.createUser, { body: { name, role, groupId, quotaBytes } });
      if (login !== null) {
        await call(accounts.updateUser, { params: { id: created.user.id }, body: { oidcLogin: login } });
      }
      return { title: t('users.created', { name }), password: created.oneTimePassword ?? '' };
    },
    onSuccess: setOneTime,
    onSettled: (created) => {
      for (const key of ['users', 'groups', 'me']) void client.invalidateQueries({ queryKey: [key] });
      if (created === null) onDone();
    },
  });
  if (oneTime !== null) return <OneTimePassword {...oneTime} onDone={onDone} />;
  const ofGroup = groups.find(({ id }) => id === values.groupId)?.limits.quotaBytes ?? null;
  return (
    <form onSubmit={fields.onSubmit((wanted) => save.mutate(wanted))}>
      <Stack>
        {save.error && <ErrorAlert error={save.error} />}
        {user === null && (
          <TextInput label={t('users.column.name')} data-autofocus {...fields.getInputProps('name')} />
        )}
        <Select
          label={t('users.column.role')}
          description={t(`users.roleHint.${values.role}`)}
          data={(['user', 'admin'] as const).map((value) => ({ value, label: t(`role.${value}`) }))}
          allowDeselect={false}
          {...fields.getInputProps('role')}
        />
        <Select
          label={t('users.column.group')}
          description={t('users.groupHint')}
          data={groups.map(({ id, name }) => ({ value: id, label: name }))}
          allowDeselect={false}
          searchable={groups.length > 8}
          {...fields.getInputProps('groupId')}
        />
        <BytesInput
          label={t('users.quota')}
          description={t('users.quotaHint')}
          placeholder={t('users.asGroup', { limit: formatLimit('quotaBytes', ofGroup) })}
          value={values.quotaBytes}
          onChange={(bytes) => fields.setFieldValue('quotaBytes', bytes)}
        />
        {(methods?.oidc || user?.oidcLogin) && (
          <TextInput
            label={t('users.oidcLogin')}
            description={t(user?.oidcLinked ? 'users.oidcLinkedHint' : 'users.oidcLoginHint')}
            maxLength={256}
            {...fields.getInputProps('oidcLogin')}
          />
        )}
        {user !== null && (
          <Switch
            label={t('users.isDisabled')}
            description={t('users.isDisabledHint')}
            {...fields.getInputProps('disabled', { type: 'checkbox' })}
          />
        )}
        <Group justify="flex-end">
          <Button variant="default" onClick={onDone}>
            {t('common.cancel')}
          </Button>
          <Button type="submit" loading={save.isPending}>
            {t(user === null ? 'common.create' : 'common.save')}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
