import type { User } from '@longshore/protocol';
import {
  Avatar,
  Badge,
  Box,
  Button,
  Card,
  Group,
  Progress,
  Stack,
  Table,
  Text,
  Tooltip,
} from '@mantine/core';
import { formatBytes } from '../../format/format-bytes.ts';
import { t } from '../../language/language.ts';
import { Ago } from '../../ui/ago.tsx';
import { LinkAnchor } from '../../ui/links.tsx';
import { openUserDialog } from './user-dialog.tsx';
import { UserMenu } from './user-menu.tsx';

type Shown = { user: User; isMe: boolean };

export function UserRow({ user, isMe }: Shown) {
  return (
    <Table.Tr>
      <Table.Td miw={230}>
        <Who user={user} isMe={isMe} />
      </Table.Td>
      <Table.Td>{t(`role.${user.role}`)}</Table.Td>
      <Table.Td>
        <GroupLink user={user} />
      </Table.Td>
      <Table.Td miw={150}>
        <Storage user={user} />
      </Table.Td>
      <Table.Td>
        <Ago atMs={user.createdAtMs} size="sm" />
      </Table.Td>
      <Table.Td>
        <Actions user={user} isMe={isMe} />
      </Table.Td>
    </Table.Tr>
  );
}

/** The same for a phone. */
export function UserCard({ user, isMe }: Shown) {
  return (
    <Card withBorder radius="lg" padding="md" component="article" aria-label={user.name}>
      <Group justify="space-between" wrap="nowrap" align="flex-start" gap="xs">
        <Who user={user} isMe={isMe} />
        <Actions user={user} isMe={isMe} />
      </Group>
      <Stack gap={6} mt="sm">
        <Group gap={6} fz="sm" c="dimmed">
          {t(`role.${user.role}`)} · <GroupLink user={user} /> · <Ago atMs={user.createdAtMs} />
        </Group>
        <Storage user={user} />
      </Stack>
    </Card>
  );
}

function Who({ user, isMe }: Shown) {
  return (
    <Group gap="sm" wrap="nowrap" miw={0}>
      <Avatar size={30} radius="xl" color={user.disabled ? 'gray' : 'harbor'} name={user.name} />
      <Box miw={0}>
        <Text size="sm" fw={550} className="breakable">
          {user.name}
          {isMe && (
            <Text span inherit fw={400} c="dimmed">
              {' '}
              {t('users.you')}
            </Text>
          )}
        </Text>
        <Group gap={4}>
          {user.disabled && <Mark color="gray">{t('users.disabled')}</Mark>}
          {user.passwordChangeRequired && <Mark color="yellow">{t('users.oneTimeMark')}</Mark>}
          {user.twoFactor && <Mark color="teal">{t('users.twoFactorMark')}</Mark>}
          {user.oidcLogin !== null && (
            <Mark color={user.oidcLinked ? 'harbor' : 'gray'} title={user.oidcLogin}>
              {t(user.oidcLinked ? 'users.linkedMark' : 'users.awaitedMark')}
            </Mark>
          )}
        </Group>
      </Box>
    </Group>
  );
}

const GroupLink = ({ user: { group } }: { user: User }) => (
  <LinkAnchor to="/admin/users" search={{ group: group.name }} size="sm" className="breakable">
    {group.name}
  </LinkAnchor>
);

function Actions({ user, isMe }: Shown) {
  return (
    <Group gap={4} wrap="nowrap" justify="flex-end">
      <Button
        size="compact-sm"
        variant="subtle"
        aria-label={t('users.edit', { name: user.name })}
        onClick={() => openUserDialog(user)}
      >
        {t('common.edit')}
      </Button>
      <UserMenu user={user} isMe={isMe} />
    </Group>
  );
}

function Storage({ user }: { user: User }) {
  const { quotaBytes } = user.limits;
  const used = formatBytes(user.usedBytes);
  if (quotaBytes === null) {
    return (
      <Text size="sm" className="tabular">
        {used}
      </Text>
    );
  }
  const text = t('shell.usedOf', { used, quota: formatBytes(quotaBytes) });
  const share = quotaBytes === 0 ? 100 : Math.min(100, (user.usedBytes / quotaBytes) * 100);
  return (
    <Tooltip
      label={t(user.quotaBytes === null ? 'users.quotaOfGroup' : 'users.quotaOwn', { name: user.group.name })}
    >
      <Box>
        <Text size="sm" className="tabular">
          {text}
        </Text>
        <Progress value={share} size={4} mt={3} color={share > 90 ? 'red' : 'harbor'} aria-label={text} />
      </Box>
    </Tooltip>
  );
}

function Mark({ color, title, children }: { color: string; title?: string; children: string }) {
  return (
    <Badge size="sm" color={color} variant="light" tt="none" radius="sm" title={title}>
      {children}
    </Badge>
  );
}
