import type { Node } from '@longshore/protocol';
import { Box, Card, Container, Group, Stack, Switch, Tabs, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { t } from '../../language/language.ts';
import { nodesQuery } from '../../queries/node-queries.ts';
import { ErrorAlert } from '../../ui/error-alert.tsx';
import { Icon } from '../../ui/icons.tsx';
import { LinkAnchor, LinkButton } from '../../ui/links.tsx';
import { PageHeader } from '../../ui/page-header.tsx';
import { PageSkeleton } from '../../ui/page-skeleton.tsx';
import { usePhone } from '../../ui/use-phone.ts';
import { MissingPage } from '../missing-page.tsx';
import { NodeConfigTable } from './node-config-table.tsx';
import { NodeEdit } from './node-edit.tsx';
import { NodeKeys } from './node-keys.tsx';
import { NodeOverview } from './node-overview.tsx';
import { NodeTestPanel } from './node-test-panel.tsx';
import { useNodeChange } from './use-node-change.ts';

const tabs = { overview: 'gauge', test: 'heart', edit: 'pencil', config: 'settings' } as const;
type Tab = keyof typeof tabs;

/** One node: how it is and was, whether it is reached, what it may do, and how it is set up. */
export function NodePage() {
  const { nodeId } = useParams({ from: '/admin/nodes/$nodeId' });
  const { tab } = useSearch({ from: '/admin/nodes/$nodeId' });
  const navigate = useNavigate();
  const isPhone = usePhone();
  const { data, error, refetch } = useQuery(nodesQuery);
  const node = data?.find(({ id, name }) => id === nodeId || name === nodeId);
  if (error && !data) {
    return (
      <Box p="lg">
        <ErrorAlert error={error} onRetry={() => void refetch()} />
      </Box>
    );
  }
  if (data === undefined) return <PageSkeleton />;
  if (node === undefined) {
    return (
      <MissingPage title={t('node.gone')} text={t('node.goneText')}>
        <LinkButton to="/admin/nodes">{t('node.toList')}</LinkButton>
      </MissingPage>
    );
  }
  const show = (next: string | null): void =>
    void navigate({
      to: '/admin/nodes/$nodeId',
      params: { nodeId },
      search: { tab: (next ?? 'overview') as Tab },
    });
  return (
    <Container py="lg">
      <LinkAnchor to="/admin/nodes" size="sm" c="dimmed">
        <Group gap={4} component="span">
          <Icon name="left" size={14} />
          {t('nav.nodes')}
        </Group>
      </LinkAnchor>
      <PageHeader title={node.name}>
        <Switches node={node} />
      </PageHeader>
      <Tabs value={tab} onChange={show} keepMounted={false}>
        <Tabs.List mb="lg">
          {(Object.keys(tabs) as Tab[]).map((name) => (
            <Tabs.Tab
              key={name}
              value={name}
              leftSection={!isPhone && <Icon name={tabs[name]} size={16} />}
              px={isPhone ? 'xs' : 'md'}
            >
              {t(`node.tab.${name}`)}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        <Tabs.Panel value="overview">
          <NodeOverview node={node} nodes={data} />
        </Tabs.Panel>
        <Tabs.Panel value="test">
          <Card withBorder radius="lg" padding="lg" maw={760}>
            <Title order={2} fz={17} mb="md">
              {t('test.title')}
            </Title>
            <NodeTestPanel node={node.name} />
          </Card>
        </Tabs.Panel>
        <Tabs.Panel value="edit" keepMounted>
          <Stack maw={760}>
            <NodeEdit key={node.id} node={node} />
            {node.type === 'slave' && <NodeKeys node={node} />}
          </Stack>
        </Tabs.Panel>
        <Tabs.Panel value="config">
          <NodeConfigTable node={node} />
        </Tabs.Panel>
      </Tabs>
    </Container>
  );
}

function Switches({ node }: { node: Node }) {
  const change = useNodeChange(node.id);
  return (
    <Group gap="lg">
      <Switch
        label={t('node.enabled')}
        checked={node.enabled}
        onChange={(event) => change({ enabled: event.currentTarget.checked })}
      />
      <Switch
        label={t('node.drain')}
        checked={node.draining}
        onChange={(event) => change({ draining: event.currentTarget.checked })}
      />
    </Group>
  );
}
