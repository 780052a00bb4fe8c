import type { User } from '@longshore/protocol';
import { Badge, Box, Progress, ScrollArea, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { formatBytes } from '../format/format-bytes.ts';
import { t } from '../language/language.ts';
import { activeTasksQuery } from '../queries/task-queries.ts';
import { Icon } from '../ui/icons.tsx';
import { RouteLink } from '../ui/links.tsx';
import { Logo } from '../ui/logo.tsx';
import { UserMenu } from './user-menu.tsx';

/** Where one can go, and how full the account is. */
export function Navigation({ me }: { me: User }) {
  const { data: active } = useQuery(activeTasksQuery(false));
  const running = active?.length ?? 0;
  return (
    <Stack h="100%" gap="xs">
      <Box px="xs" pt={6} pb="sm" visibleFrom="sm">
        <Logo />
      </Box>
      <ScrollArea flex={1}>
        <Stack gap={2} component="nav" aria-label={t('shell.navigation')}>
          <RouteLink
            to="/files"
            search={{ path: '/' }}
            activeOptions={{ includeSearch: false }}
            label={t('nav.files')}
            leftSection={<Icon name="folder" />}
            className="nav-link"
          />
          <RouteLink
            to="/tasks"
            activeOptions={{ includeSearch: false }}
            label={t('nav.tasks')}
            leftSection={<Icon name="tasks" />}
            className="nav-link"
            rightSection={
              running > 0 && (
                <Badge size="sm" circle={running < 10} aria-label={t('nav.running', { count: running })}>
                  {running}
                </Badge>
              )
            }
          />
          {me.role === 'admin' && <AdminLinks />}
        </Stack>
      </ScrollArea>
      <Storage me={me} />
      <UserMenu me={me} />
    </Stack>
  );
}

function AdminLinks() {
  return (
    <>
      <Text size="xs" fw={600} c="dimmed" px="sm" pt="lg" pb={4}>
        {t('nav.administration')}
      </Text>
      <RouteLink
        to="/admin"
        activeOptions={{ exact: true, includeSearch: false }}
        label={t('nav.dashboard')}
        leftSection={<Icon name="gauge" />}
        className="nav-link"
      />
      <RouteLink
        to="/admin/nodes"
        label={t('nav.nodes')}
        leftSection={<Icon name="server" />}
        className="nav-link"
      />
      <RouteLink
        to="/admin/tasks"
        activeOptions={{ includeSearch: false }}
        label={t('nav.allTasks')}
        leftSection={<Icon name="list" />}
        className="nav-link"
      />
      <RouteLink
        to="/admin/users"
        activeOptions={{ includeSearch: false }}
        label={t('nav.users')}
        leftSection={<Icon name="users" />}
        className="nav-link"
      />
      <RouteLink
        to="/admin/groups"
        label={t('nav.groups')}
        leftSection={<Icon name="layers" />}
        className="nav-link"
      />
      <RouteLink
        to="/admin/audit"
        activeOptions={{ includeSearch: false }}
        label={t('nav.audit')}
        leftSection={<Icon name="scroll" />}
        className="nav-link"
      />
      <RouteLink
        to="/admin/settings"
        activeOptions={{ includeSearch: false }}
        label={t('nav.settings')}
        leftSection={<Icon name="settings" />}
        className="nav-link"
      />
    </>
  );
}

function Storage({ me }: { me: User }) {
  const used = formatBytes(me.usedBytes);
  const { quotaBytes } = me.limits;
  if (quotaBytes === null) {
    return (
      <Text size="xs" c="dimmed" px="sm">
        {t('shell.used', { used })}
      </Text>
    );
  }
  const share = quotaBytes === 0 ? 100 : Math.min(100, (me.usedBytes / quotaBytes) * 100);
  const text = t('shell.usedOf', { used, quota: formatBytes(quotaBytes) });
  return (
    <Box px="sm">
      <Text size="xs" c="dimmed" mb={4}>
        {text}
      </Text>
      <Progress value={share} size="sm" color={share > 90 ? 'red' : 'harbor'} aria-label={text} />
    </Box>
  );
}
