import { health } from '@longshore/protocol';
import { Card, Code, Container, DataList, Skeleton, Table, Text, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { call } from '../../api/call.ts';
import { t } from '../../language/language.ts';
import { nodesQuery } from '../../queries/node-queries.ts';
import { ErrorAlert } from '../../ui/error-alert.tsx';
import { PageHeader } from '../../ui/page-header.tsx';

/** What this installation is made of. Values of the configuration are the file's: it is read at the start. */
export function SettingsPage() {
  const about = useQuery({ queryKey: ['health'], queryFn: () => call(health.healthz, {}) });
  const { data: nodes } = useQuery(nodesQuery);
  return (
    <Container size="lg" py="lg">
      <PageHeader title={t('nav.settings')} description={t('settings.description')} />
      {about.error && <ErrorAlert error={about.error} />}
      <Card withBorder radius="lg" padding="lg" mb="md">
        <Title order={2} fz={17} mb="md">
          {t('settings.master')}
        </Title>
        {about.data === undefined ? (
          <Skeleton h={60} />
        ) : (
          <DataList size="sm" orientation="horizontal" labelWidth={160}>
            <DataList.Item>
              <DataList.ItemLabel>{t('settings.version')}</DataList.ItemLabel>
              <DataList.ItemValue>{about.data.version}</DataList.ItemValue>
            </DataList.Item>
            <DataList.Item>
              <DataList.ItemLabel>{t('settings.address')}</DataList.ItemLabel>
              <DataList.ItemValue>{window.location.origin}</DataList.ItemValue>
            </DataList.Item>
          </DataList>
        )}
        <Text size="sm" c="dimmed" mt="md">
          {t('settings.file')} <Code>./master -c conf.ini --check</Code>
        </Text>
      </Card>
      <Card withBorder radius="lg" padding="lg">
        <Title order={2} fz={17} mb="md">
          {t('settings.queues')}
        </Title>
        <Table.ScrollContainer minWidth={480}>
          <Table verticalSpacing="sm">
            <Table.Thead>
              <Table.Tr>
                <Table.Th>{t('nav.node')}</Table.Th>
                <Table.Th>{t('settings.workers')}</Table.Th>
                <Table.Th>{t('node.running')}</Table.Th>
                <Table.Th>{t('node.queued')}</Table.Th>
                <Table.Th>{t('settings.protocol')}</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {nodes?.map((node) => (
                <Table.Tr key={node.id}>
                  <Table.Td>{node.name}</Table.Td>
                  <Table.Td>{node.vitals?.workers ?? '—'}</Table.Td>
                  <Table.Td>{node.vitals?.running ?? '—'}</Table.Td>
                  <Table.Td>{node.vitals?.queued ?? '—'}</Table.Td>
                  <Table.Td>{node.vitals?.protocol ?? '—'}</Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      </Card>
    </Container>
  );
}
