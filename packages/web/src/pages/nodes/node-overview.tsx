import type { HistorySpan, Node } from '@longshore/protocol';
import {
  Alert,
  Box,
  Button,
  Card,
  Code,
  Grid,
  Group,
  SegmentedControl,
  Stack,
  Text,
  Title,
} from '@mantine/core';
import { useState } from 'react';
import { t } from '../../language/language.ts';
import { explain, hintOf, messageOf } from '../../language/told.ts';
import { Ago } from '../../ui/ago.tsx';
import { CopyText } from '../../ui/copy-text.tsx';
import { Icon } from '../../ui/icons.tsx';
import { NodeCard } from './node-card.tsx';
import { NodeCharts } from './node-charts.tsx';
import { sharesOf } from './node-look.ts';
import { useNodeChange } from './use-node-change.ts';

/** How a node is now, how it was, and what went wrong with it last. */
export function NodeOverview({ node, nodes }: { node: Node; nodes: readonly Node[] }) {
  const [span, setSpan] = useState<HistorySpan>('day');
  return (
    <Stack>
      {node.quarantine && <Quarantine node={node} quarantine={node.quarantine} />}
      <Grid gap="lg">
        <Grid.Col span={{ base: 12, md: 5, lg: 4 }}>
          <NodeCard node={node} share={sharesOf(nodes).get(node.id) ?? 0} />
        </Grid.Col>
        <Grid.Col span={{ base: 12, md: 7, lg: 8 }}>
          <Card withBorder radius="lg" padding="lg">
            <Group justify="flex-end" mb="xs">
              <SegmentedControl
                size="xs"
                aria-label={t('dashboard.span')}
                value={span}
                onChange={(value) => setSpan(value as HistorySpan)}
                data={(['hour', 'day'] as const).map((value) => ({
                  value,
                  label: t(`dashboard.span.${value}`),
                }))}
              />
            </Group>
            <NodeCharts node={node} span={span} />
          </Card>
        </Grid.Col>
      </Grid>
      {node.recentErrors.length > 0 && <RecentErrors errors={node.recentErrors} />}
    </Stack>
  );
}

function Quarantine({ node, quarantine }: { node: Node; quarantine: NonNullable<Node['quarantine']> }) {
  const change = useNodeChange(node.id);
  return (
    <Alert color="red" icon={<Icon name="alert" />} title={t('node.quarantine.title')}>
      <Stack gap="xs" align="flex-start">
        <Text size="sm" className="breakable">
          <Code>{quarantine.reason.code}</Code> {explain(quarantine.reason)}
        </Text>
        <Text size="sm">
          {t('node.quarantine.probe')} <Ago atMs={quarantine.probeAtMs} />
        </Text>
        <Button size="xs" variant="light" color="red" onClick={() => change({ quarantined: false })}>
          {t('node.quarantine.release')}
        </Button>
      </Stack>
    </Alert>
  );
}

function RecentErrors({ errors }: { errors: Node['recentErrors'] }) {
  return (
    <Card withBorder radius="lg" padding="lg">
      <Title order={2} fz={17} mb="sm">
        {t('node.errors')}
      </Title>
      <Stack component="ul" className="plain-list" gap="md">
        {errors.map(({ error, atMs, times }) => (
          <Group key={`${error.code} ${atMs}`} component="li" wrap="nowrap" align="flex-start">
            <Box flex={1} miw={0}>
              <Text size="sm" className="breakable">
                <Code>{error.code}</Code> {messageOf(error)}
              </Text>
              <Text size="xs" c="dimmed" mt={2}>
                {hintOf(error)}
              </Text>
              <Text size="xs" c="dimmed" mt={2}>
                <Ago atMs={atMs} />
                {times > 1 && ` · ${t('node.errors.times', { count: times })}`}
              </Text>
            </Box>
            <CopyText text={`${error.code}: ${error.message}\n${hintOf(error)}`} />
          </Group>
        ))}
      </Stack>
    </Card>
  );
}
