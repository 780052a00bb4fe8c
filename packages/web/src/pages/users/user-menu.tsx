import { accounts, security, type User } from '@longshore/protocol';
import { ActionIcon, Menu } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { call } from '../../api/call.ts';
import { t } from '../../language/language.ts';
import { confirm } from '../../ui/confirm.tsx';
import { Icon } from '../../ui/icons.tsx';
import { LinkItem } from '../../ui/links.tsx';
import { notifyDone, notifyError } from '../../ui/notify.tsx';
import { generatePassword, openOneTimePassword } from './one-time-password.tsx';
import { openUserDialog } from './user-dialog.tsx';

/** What an administrator may do with a user besides editing. */
export function UserMenu({ user, isMe }: { user: User; isMe: boolean }) {
  const client = useQueryClient();
  const { name } = user;
  const params = { id: user.id };
  const run = (work: () => Promise<unknown>) => (): void =>
    void work()
      .catch(notifyError)
      .finally(() => void client.invalidateQueries({ queryKey: ['users'] }));
  const setPassword = run(async () => {
    const password = generatePassword();
    await call(accounts.updateUser, { params, body: { password } });
    openOneTimePassword({ title: t('users.passwordSet', { name }), password });
  });
  const resetTwoFactor = run(async () => {
    await call(security.resetTwoFactor, { params });
    notifyDone(t('users.twoFactorReset', { name }));
  });
  const disabled = !user.disabled;
  return (
    <Menu shadow="md" position="bottom-end">
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" aria-label={t('users.actionsOf', { name })}>
          <Icon name="more" size={18} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item leftSection={<Icon name="pencil" size={16} />} onClick={() => openUserDialog(user)}>
          {t('common.edit')}
        </Menu.Item>
        <LinkItem to="/admin/tasks" search={{ user: name }} leftSection={<Icon name="tasks" size={16} />}>
          {t('users.tasks')}
        </LinkItem>
        <LinkItem to="/admin/audit" search={{ user: name }} leftSection={<Icon name="clock" size={16} />}>
          {t('users.audit')}
        </LinkItem>
        <Menu.Divider />
        {!isMe && (
          <Menu.Item
            leftSection={<Icon name="key" size={16} />}
            onClick={() =>
              confirm({
                title: t('users.newPasswordOf', { name }),
                text: t('users.newPasswordText'),
                confirm: t('users.newPassword'),
                run: setPassword,
              })
            }
          >
            {t('users.newPassword')}
          </Menu.Item>
        )}
        {user.twoFactor && !isMe && (
          <Menu.Item
            leftSection={<Icon name="shield" size={16} />}
            onClick={() =>
              confirm({
                title: t('users.resetTwoFactorOf', { name }),
                text: t('users.resetTwoFactorText'),
                confirm: t('users.resetTwoFactor'),
                run: resetTwoFactor,
              })
            }
          >
            {t('users.resetTwoFactor')}
          </Menu.Item>
        )}
        <Menu.Item
          leftSection={<Icon name={disabled ? 'pause' : 'play'} size={16} />}
          onClick={run(() => call(accounts.updateUser, { params, body: { disabled } }))}
        >
          {t(disabled ? 'users.disable' : 'users.enable')}
        </Menu.Item>
        <Menu.Item
          color="red"
          leftSection={<Icon name="trash" size={16} />}
          onClick={() =>
            confirm({
              title: t('users.delete.title', { name }),
              text: t('users.delete.text'),
              confirm: t('common.delete'),
              run: run(() => call(accounts.deleteUser, { params })),
            })
          }
        >
          {t('common.delete')}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
