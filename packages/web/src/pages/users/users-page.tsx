import type { User } from '@longshore/protocol';
import {
  Badge,
  Button,
  Card,
  Container,
  EmptyState,
  Group,
  Select,
  Skeleton,
  Stack,
  Table,
  Text,
  UnstyledButton,
} from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import {
  createSortedRowModel,
  rowSortingFeature,
  sortFns,
  tableFeatures,
  useTable,
} from '@tanstack/react-table';
import { useMemo } from 'react';
import { t } from '../../language/language.ts';
import { useMe, usersQuery } from '../../queries/account-queries.ts';
import { groupsQuery } from '../../queries/group-queries.ts';
import { ErrorAlert } from '../../ui/error-alert.tsx';
import { Icon } from '../../ui/icons.tsx';
import { PageHeader } from '../../ui/page-header.tsx';
import { SearchInput } from '../../ui/search-input.tsx';
import { usePhone } from '../../ui/use-phone.ts';
import { openUserDialog } from './user-dialog.tsx';
import { UserCard, UserRow } from './user-row.tsx';

const features = tableFeatures({ rowSortingFeature, sortedRowModel: createSortedRowModel(), sortFns });

const columns = [
  { id: 'name', accessorFn: (user: User) => user.name },
  { id: 'role', accessorFn: (user: User) => user.role },
  { id: 'group', accessorFn: (user: User) => user.group.name },
  { id: 'usedBytes', accessorFn: (user: User) => user.usedBytes },
  { id: 'createdAtMs', accessorFn: (user: User) => user.createdAtMs },
] as const;

export function UsersPage() {
  const me = useMe();
  const isPhone = usePhone();
  const { q, group } = useSearch({ from: '/admin/users' });
  const navigate = useNavigate({ from: '/admin/users' });
  const { data, error, refetch } = useQuery(usersQuery);
  const { data: groups } = useQuery(groupsQuery);
  const shown = useMemo(() => {
    const word = q?.toLowerCase() ?? '';
    return (data ?? []).filter(
      (user) =>
        (group === undefined || user.group.name === group) &&
        (user.name.toLowerCase().includes(word) || user.oidcLogin?.toLowerCase().includes(word) === true),
    );
  }, [data, q, group]);
  const table = useTable(
    { features, columns: [...columns], data: shown, getRowId: (user: User) => user.id },
    (state) => state,
  );
  const isFiltered = q !== undefined || group !== undefined;
  return (
    <Container py="lg">
      <PageHeader title={t('nav.users')} description={t('users.description')}>
        <Button leftSection={<Icon name="plus" size={16} />} onClick={() => openUserDialog(null)}>
          {t('users.add')}
        </Button>
      </PageHeader>
      <Group gap="xs" mb="md">
        <SearchInput
          label={t('users.search')}
          flex="1 1 220px"
          maw={320}
          value={q}
          onSearch={(word) => void navigate({ search: (old) => ({ ...old, q: word }), replace: true })}
        />
        <Select
          w={190}
          aria-label={t('users.column.group')}
          placeholder={t('users.anyGroup')}
          clearable
          data={groups?.map(({ name }) => name) ?? []}
          value={group ?? null}
          onChange={(name) => void navigate({ search: (old) => ({ ...old, group: name ?? undefined }) })}
        />
        {data && (
          <Text size="sm" c="dimmed" aria-live="polite">
            {t('users.count', { count: shown.length })}
          </Text>
        )}
      </Group>
      {error && !data && <ErrorAlert error={error} onRetry={() => void refetch()} />}
      {data === undefined && !error && <Skeleton h={220} radius="lg" />}
      {data && shown.length === 0 && isFiltered && (
        <EmptyState icon={<Icon name="search" size={26} />} variant="light" title={t('users.noneFound')}>
          <EmptyState.Actions>
            <Button variant="default" onClick={() => void navigate({ search: {} })}>
              {t('filter.clear')}
            </Button>
          </EmptyState.Actions>
        </EmptyState>
      )}
      {isPhone && (
        <Stack gap="sm">
          {table.getRowModel().rows.map(({ original: user }) => (
            <UserCard key={user.id} user={user} isMe={user.id === me.id} />
          ))}
        </Stack>
      )}
      {!isPhone && shown.length > 0 && (
        <Card withBorder radius="lg" padding={0}>
          <Table.ScrollContainer minWidth={880}>
            <Table verticalSpacing="sm" horizontalSpacing="lg" highlightOnHover>
              <Table.Thead>
                {table.getHeaderGroups().map((headers) => (
                  <Table.Tr key={headers.id}>
                    {headers.headers.map(({ id, column }) => (
                      <Table.Th key={id} aria-sort={sortOf(column.getIsSorted())}>
                        <UnstyledButton
                          onClick={column.getToggleSortingHandler()}
                          fz="xs"
                          c="dimmed"
                          fw={600}
                        >
                          <Group gap={4} wrap="nowrap">
                            {t(`users.column.${column.id as 'name'}`)}
                            {column.getIsSorted() && (
                              <Icon name={column.getIsSorted() === 'desc' ? 'down' : 'up'} size={12} />
                            )}
                          </Group>
                        </UnstyledButton>
                      </Table.Th>
                    ))}
                    <Table.Th fz="xs" c="dimmed" ta="right">
                      {t('users.column.actions')}
                    </Table.Th>
                  </Table.Tr>
                ))}
              </Table.Thead>
              <Table.Tbody>
                {table.getRowModel().rows.map(({ original: user }) => (
                  <UserRow key={user.id} user={user} isMe={user.id === me.id} />
                ))}
              </Table.Tbody>
            </Table>
          </Table.ScrollContainer>
        </Card>
      )}
      {data?.length === 1 && !isFiltered && <Teach />}
    </Container>
  );
}

const Teach = () => (
  <Text component="div" size="sm" c="dimmed" mt="lg" maw={640}>
    <Badge variant="light" tt="none" radius="sm" mr={8}>
      {t('users.alone')}
    </Badge>
    {t('users.teach')}
  </Text>
);

const sortOf = (sorted: false | 'asc' | 'desc') =>
  sorted === false ? 'none' : sorted === 'asc' ? 'ascending' : 'descending';
