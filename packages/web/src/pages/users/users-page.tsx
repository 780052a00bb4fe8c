import type { User } from '@longshore/protocol';
import {
  Badge,
  Box,
  Button,
  Card,
  Container,
  Group,
  Skeleton,
  Table,
  Text,
  UnstyledButton,
} from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import {
  createSortedRowModel,
  rowSortingFeature,
  sortFns,
  tableFeatures,
  useTable,
} from '@tanstack/react-table';
import { formatBytes } from '../../format/format-bytes.ts';
import { t } from '../../language/language.ts';
import { usersQuery } from '../../queries/account-queries.ts';
import { Ago } from '../../ui/ago.tsx';
import { ErrorAlert } from '../../ui/error-alert.tsx';
import { Icon } from '../../ui/icons.tsx';
import { PageHeader } from '../../ui/page-header.tsx';
import { openUserDialog } from './user-dialog.tsx';

const features = tableFeatures({ rowSortingFeature, sortedRowModel: createSortedRowModel(), sortFns });

const columns = [
  { id: 'name', accessorFn: (user: User) => user.name },
  { id: 'role', accessorFn: (user: User) => user.role },
  { id: 'usedBytes', accessorFn: (user: User) => user.usedBytes },
  { id: 'createdAtMs', accessorFn: (user: User) => user.createdAtMs },
] as const;

const none: User[] = [];

export function UsersPage() {
  const { data, error, refetch } = useQuery(usersQuery);
  const table = useTable(
    { features, columns: [...columns], data: data ?? none, getRowId: (user: User) => user.id },
    (state) => state,
  );
  return (
    <Container size="lg" py="lg">
      <PageHeader title={t('nav.users')} description={t('users.description')}>
        <Button leftSection={<Icon name="plus" size={16} />} onClick={() => openUserDialog(null)}>
          {t('users.add')}
        </Button>
      </PageHeader>
      {error && !data && <ErrorAlert error={error} onRetry={() => void refetch()} />}
      <Card withBorder radius="lg" padding={0}>
        {data === undefined && !error && <Skeleton h={160} />}
        <Table.ScrollContainer minWidth={560}>
          <Table verticalSpacing="sm" horizontalSpacing="lg" highlightOnHover>
            <Table.Thead>
              {table.getHeaderGroups().map((group) => (
                <Table.Tr key={group.id}>
                  {group.headers.map((header) => (
                    <Table.Th key={header.id} aria-sort={sortOf(header.column.getIsSorted())}>
                      <UnstyledButton
                        onClick={header.column.getToggleSortingHandler()}
                        fz="xs"
                        c="dimmed"
                        fw={600}
                      >
                        <Group gap={4} wrap="nowrap">
                          {t(`users.column.${header.column.id as 'name'}`)}
                          {header.column.getIsSorted() && (
                            <Icon name={header.column.getIsSorted() === 'desc' ? 'down' : 'up'} size={12} />
                          )}
                        </Group>
                      </UnstyledButton>
                    </Table.Th>
                  ))}
                  <Table.Th>
                    <Box component="span" fz="xs" c="dimmed">
                      {t('users.column.actions')}
                    </Box>
                  </Table.Th>
                </Table.Tr>
              ))}
            </Table.Thead>
            <Table.Tbody>
              {table.getRowModel().rows.map(({ original: user }) => (
                <UserRow key={user.id} user={user} />
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      </Card>
    </Container>
  );
}

const sortOf = (sorted: false | 'asc' | 'desc') =>
  sorted === false ? 'none' : sorted === 'asc' ? 'ascending' : 'descending';

function UserRow({ user }: { user: User }) {
  return (
    <Table.Tr>
      <Table.Td>
        <Group gap="xs">
          <Text size="sm" fw={550}>
            {user.name}
          </Text>
          {user.disabled && (
            <Badge color="gray" variant="light" tt="none" radius="sm">
              {t('users.disabled')}
            </Badge>
          )}
        </Group>
      </Table.Td>
      <Table.Td>{t(`role.${user.role}`)}</Table.Td>
      <Table.Td className="tabular">
        {formatBytes(user.usedBytes)} /{' '}
        {user.limits.quotaBytes === null ? t('users.unlimited') : formatBytes(user.limits.quotaBytes)}
      </Table.Td>
      <Table.Td>
        <Ago atMs={user.createdAtMs} />
      </Table.Td>
      <Table.Td>
        <Button size="compact-sm" variant="subtle" onClick={() => openUserDialog(user)}>
          {t('common.edit')}
        </Button>
      </Table.Td>
    </Table.Tr>
  );
}
