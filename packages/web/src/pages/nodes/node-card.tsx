import type { Node, NodeSeries } from '@longshore/protocol';
import { Badge, Card, Group, Progress, SimpleGrid, Stack, Text, ThemeIcon, Tooltip } from '@mantine/core';
import { createLink } from '@tanstack/react-router';
import { forwardRef } from 'react';
import { formatBytes } from '../../format/format-bytes.ts';
import { formatSpan } from '../../format/format-times.ts';
import { t } from '../../language/language.ts';
import { errorLine, hintOf } from '../../language/told.ts';
import { Sparkline } from '../../ui/charts/sparkline.tsx';
import { Icon } from '../../ui/icons.tsx';
import { isDiskLow, isStale, nodeStatus, skewWarnMs, statusColors } from './node-look.ts';
import classes from './nodes.module.css';

const NodeLink = createLink(
  forwardRef<HTMLAnchorElement, React.ComponentProps<'a'>>(function NodeAnchor(props, ref) {
    return <a ref={ref} {...props} className={classes.title} />;
  }),
);

/** A node as it is now, its share of the work where that is not shown beside it, and how busy it was in the last hour. */
export function NodeCard({
  node,
  share,
  past,
}: {
  node: Node;
  share?: number;
  past?: NodeSeries | undefined;
}) {
  const status = nodeStatus(node);
  const { vitals } = node;
  const stale = isStale(node);
  return (
    <Card withBorder radius="lg" padding="lg" component="article" data-node={node.name} data-status={status}>
      <Group justify="space-between" wrap="nowrap" align="flex-start">
        <Group gap="sm" wrap="nowrap" miw={0}>
          <ThemeIcon variant="light" color={statusColors[status]} size={40} radius="md">
            <Icon name={node.type === 'embedded' ? 'home' : 'server'} size={20} />
          </ThemeIcon>
          <div style={{ minWidth: 0 }}>
            <NodeLink to="/admin/nodes/$nodeId" params={{ nodeId: node.name }}>
              {node.name}
            </NodeLink>
            <Text size="xs" c="dimmed" truncate>
              {node.url ?? t('node.embedded')}
            </Text>
          </div>
        </Group>
        <Badge variant="dot" color={statusColors[status]} tt="none" radius="sm" style={{ flexShrink: 0 }}>
          {t(`health.${status}`)}
        </Badge>
      </Group>
      <Troubles node={node} />
      {vitals === null ? (
        <Text size="sm" c="dimmed" mt="md">
          {t('node.neverSeen')}
        </Text>
      ) : (
        <Meters vitals={vitals} isStale={stale} />
      )}
      {stale && (
        <Text size="xs" c="dimmed" mt="sm">
          {t('node.asOf', { span: formatSpan(node.lastHeartbeatAgeMs ?? 0) })}
        </Text>
      )}
      <SimpleGrid cols={3} mt="md" spacing="xs">
        <Figure
          label={t('node.running')}
          value={vitals === null || stale ? '—' : `${vitals.running} / ${vitals.workers}`}
        />
        <Figure label={t('node.queued')} value={vitals === null || stale ? '—' : String(vitals.queued)} />
        <Figure label={t('node.weight')} value={String(node.weight)} />
      </SimpleGrid>
      {vitals !== null && past && past.running.length > 1 && (
        <Tooltip label={t('node.pastHint')}>
          <div>
            <Text size="xs" c="dimmed" mt="sm" mb={2}>
              {t('node.past')}
            </Text>
            <Sparkline values={past.running} color="harbor.5" />
          </div>
        </Tooltip>
      )}
      {share !== undefined && (
        <Tooltip label={t('node.shareHint')}>
          <div>
            <Group justify="space-between" mt="sm" mb={4}>
              <Text size="xs" c="dimmed">
                {t('node.share')}
              </Text>
              <Text size="xs" className="tabular">
                {Math.round(share * 100)} %
              </Text>
            </Group>
            <Progress value={share * 100} size="sm" aria-label={t('node.share')} />
          </div>
        </Tooltip>
      )}
      <Group gap="md" mt="auto" pt="md" fz="xs" c="dimmed">
        {vitals && <span>{t('node.version', { version: vitals.version })}</span>}
        {node.lastHeartbeatAgeMs !== null && !stale && (
          <span className="tabular">
            {t('node.heartbeat', { span: formatSpan(node.lastHeartbeatAgeMs) })}
          </span>
        )}
        {node.skewMs !== null && (
          <Text
            span
            inherit
            c={Math.abs(node.skewMs) > skewWarnMs ? 'orange' : undefined}
            className="tabular"
          >
            {t('node.skew', { span: formatSpan(Math.abs(node.skewMs)) })}
          </Text>
        )}
        {node.oldKey !== null && <span>{t('node.twoKeys')}</span>}
      </Group>
    </Card>
  );
}

function Troubles({ node }: { node: Node }) {
  const errors = [
    node.health === 'online' ? null : node.lastError,
    node.quarantine?.reason ?? null,
    node.rival,
  ].filter((error) => error !== null);
  return errors.map((error) => (
    <Text key={error.code} size="xs" c="red" mt="sm" className="breakable">
      {errorLine(error)}
      <Text span inherit c="dimmed">
        {' '}
        {hintOf(error)}
      </Text>
    </Text>
  ));
}

/** What is heard no more is grey: it may be otherwise by now. */
function Meters({ vitals, isStale }: { vitals: NonNullable<Node['vitals']>; isStale: boolean }) {
  const { temp } = vitals;
  const promised = Math.max(0, (temp?.reservedBytes ?? 0) - (temp?.writtenBytes ?? 0));
  return (
    <Stack gap="sm" mt="md">
      <Meter
        label={t('node.load')}
        isStale={isStale}
        parts={[{ share: vitals.load1 / vitals.cores }]}
        isBad={vitals.load1 / vitals.cores > 1.5}
        text={t('node.loadOf', { load: vitals.load1.toFixed(2), count: vitals.cores })}
      />
      <Meter
        label={t('node.memory')}
        isStale={isStale}
        parts={[{ share: 1 - vitals.memoryFreeBytes / vitals.memoryTotalBytes }]}
        isBad={vitals.memoryFreeBytes < vitals.memoryTotalBytes * 0.05}
        text={`${formatBytes(vitals.memoryTotalBytes - vitals.memoryFreeBytes)} / ${formatBytes(vitals.memoryTotalBytes)}`}
      />
      {temp && (
        <Meter
          label={t('node.disk')}
          isStale={isStale}
          parts={[
            { share: 1 - temp.freeBytes / temp.totalBytes },
            { share: promised / temp.totalBytes, color: 'yellow.6' },
          ]}
          isBad={isDiskLow(temp)}
          text={[
            t('node.free', { size: formatBytes(temp.freeBytes) }),
            ...(promised > 0 ? [t('node.reserved', { size: formatBytes(promised) })] : []),
          ].join(' · ')}
        />
      )}
      {vitals.stores?.map((store) => (
        <Meter
          key={store.name}
          label={t('node.store', { name: store.name })}
          isStale={isStale}
          parts={[{ share: 1 - store.freeBytes / store.totalBytes }]}
          isBad={isDiskLow(store)}
          text={t('node.free', { size: formatBytes(store.freeBytes) })}
        />
      ))}
    </Stack>
  );
}

function Meter(meter: {
  label: string;
  parts: readonly { share: number; color?: string }[];
  text: string;
  isBad: boolean;
  isStale: boolean;
}) {
  return (
    <div>
      <Group justify="space-between" mb={3}>
        <Text size="xs" c="dimmed">
          {meter.label}
        </Text>
        <Text size="xs" className="tabular" {...(meter.isStale && { c: 'dimmed' })}>
          {meter.text}
        </Text>
      </Group>
      <Progress.Root size={5}>
        {meter.parts
          .filter(({ share }) => share > 0)
          .map(({ share, color }) => (
            <Progress.Section
              key={color ?? 'used'}
              value={Math.min(100, share * 100)}
              color={meter.isStale ? 'gray.5' : (color ?? (meter.isBad ? 'red' : 'harbor.5'))}
              aria-label={meter.label}
            />
          ))}
      </Progress.Root>
    </div>
  );
}

function Figure({ label, value }: { label: string; value: string }) {
  return (
    <div>
      <Text fw={650} className="tabular">
        {value}
      </Text>
      <Text size="xs" c="dimmed">
        {label}
      </Text>
    </div>
  );
}
