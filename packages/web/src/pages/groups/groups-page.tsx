import { groups, type Group as UserGroup } from '@longshore/protocol';
import {
  ActionIcon,
  Badge,
  Button,
  Card,
  Container,
  Group,
  Menu,
  SimpleGrid,
  Skeleton,
  Stack,
  Text,
  Title,
} from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { call } from '../../api/call.ts';
import { t } from '../../language/language.ts';
import { groupsQuery } from '../../queries/group-queries.ts';
import { confirm } from '../../ui/confirm.tsx';
import { ErrorAlert } from '../../ui/error-alert.tsx';
import { Icon } from '../../ui/icons.tsx';
import { LinkAnchor } from '../../ui/links.tsx';
import { notifyError } from '../../ui/notify.tsx';
import { PageHeader } from '../../ui/page-header.tsx';
import { openGroupDialog } from './group-dialog.tsx';
import { LimitList } from './limit-list.tsx';
import { limitNames } from './limits.ts';

export function GroupsPage() {
  const { data, error, refetch } = useQuery(groupsQuery);
  return (
    <Container py="lg">
      <PageHeader title={t('nav.groups')} description={t('groups.description')}>
        <Button leftSection={<Icon name="plus" size={16} />} onClick={() => openGroupDialog(null)}>
          {t('groups.add')}
        </Button>
      </PageHeader>
      {error && !data && <ErrorAlert error={error} onRetry={() => void refetch()} />}
      <SimpleGrid cols={{ base: 1, md: 2 }}>
        {data === undefined && !error && ['a', 'b'].map((key) => <Skeleton key={key} h={180} radius="lg" />)}
        {data?.map((group) => (
          <GroupCard key={group.id} group={group} />
        ))}
      </SimpleGrid>
      {data !== undefined && data.length <= 2 && (
        <Text size="sm" c="dimmed" mt="lg" maw={640}>
          {t('groups.teach')}
        </Text>
      )}
    </Container>
  );
}

function GroupCard({ group }: { group: UserGroup }) {
  const isUnlimited = limitNames.every((name) => group.limits[name] === null);
  return (
    <Card withBorder radius="lg" padding="lg" component="article" aria-label={group.name}>
      <Stack gap="sm" h="100%">
        <Group justify="space-between" wrap="nowrap" align="flex-start">
          <div style={{ minWidth: 0 }}>
            <Group gap="xs">
              <Title order={2} fz={17} className="breakable">
                {group.name}
              </Title>
              {group.isDefault && (
                <Badge variant="light" tt="none" radius="sm" title={t('groups.defaultHint')}>
                  {t('groups.default')}
                </Badge>
              )}
            </Group>
            <LinkAnchor to="/admin/users" search={{ group: group.name }} size="sm">
              {t('groups.members', { count: group.members })}
            </LinkAnchor>
          </div>
          <GroupMenu group={group} />
        </Group>
        {isUnlimited ? (
          <Text size="sm" c="dimmed">
            {t('groups.unlimited')}
          </Text>
        ) : (
          <LimitList limits={group.limits} onlySet />
        )}
        <Group gap={6} mt="auto" pt={4}>
          <Icon name="server" size={15} color="var(--mantine-color-dimmed)" />
          {group.allowedNodes === null ? (
            <Text size="sm" c="dimmed">
              {t('groups.onAll')}
            </Text>
          ) : (
            group.allowedNodes.map((node) => (
              <Badge key={node.id} variant="default" tt="none" radius="sm">
                {node.name}
              </Badge>
            ))
          )}
          <Text size="sm" c="dimmed">
            · {t(group.mayChooseNode ? 'groups.chooses' : 'groups.choosesNot')}
          </Text>
        </Group>
      </Stack>
    </Card>
  );
}

function GroupMenu({ group }: { group: UserGroup }) {
  const client = useQueryClient();
  const after = (done: Promise<unknown>): void =>
    void done.catch(notifyError).finally(() => void client.invalidateQueries({ queryKey: ['groups'] }));
  const params = { id: group.id };
  return (
    <Group gap={4} wrap="nowrap">
      <Button size="compact-sm" variant="light" onClick={() => openGroupDialog(group)}>
        {t('common.edit')}
      </Button>
      <Menu shadow="md" position="bottom-end">
        <Menu.Target>
          <ActionIcon variant="subtle" color="gray" aria-label={t('groups.actions', { name: group.name })}>
            <Icon name="more" size={18} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item
            leftSection={<Icon name="check" size={16} />}
            disabled={group.isDefault}
            onClick={() => after(call(groups.updateGroup, { params, body: { isDefault: true } }))}
          >
            {t('groups.makeDefault')}
          </Menu.Item>
          <Menu.Item
            color="red"
            leftSection={<Icon name="trash" size={16} />}
            onClick={() =>
              confirm({
                title: t('groups.delete', { name: group.name }),
                text: t('groups.deleteText'),
                confirm: t('common.delete'),
                run: () => after(call(groups.deleteGroup, { params })),
              })
            }
          >
            {t('common.delete')}
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
    </Group>
  );
}
