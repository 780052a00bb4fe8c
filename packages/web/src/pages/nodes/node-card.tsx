import type { Node } from '@longshore/protocol';
import { Badge, Card, Group, Progress, SimpleGrid, Stack, Text, ThemeIcon, Tooltip } from '@mantine/core';
import { createLink } from '@tanstack/react-router';
import { forwardRef } from 'react';
import { formatBytes } from '../../format/format-bytes.ts';
import { formatSpan } from '../../format/format-times.ts';
import { hintOf } from '../../language/error-hints.ts';
import { t } from '../../language/language.ts';
import { Icon } from '../../ui/icons.tsx';
import { diskWarnShare, nodeStatus, skewWarnMs, statusColors } from './node-look.ts';
import classes from './nodes.module.css';

const NodeLink = createLink(
  forwardRef<HTMLAnchorElement, React.ComponentProps<'a'>>(function NodeAnchor(props, ref) {
    return <a ref={ref} {...props} className={classes.title} />;
  }),
);

/** A node as it is now. */
export function NodeCard({ node, share }: { node: Node; share: number }) {
  const status = nodeStatus(node);
  const { vitals } = node;
  return (
    <Card withBorder radius="lg" padding="lg" component="article" data-node={node.name}>
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
      {node.lastError !== null && node.health !== 'online' && (
        <Text size="xs" c="red" mt="sm" className="breakable">
          {node.lastError.code}: {node.lastError.message}
        </Text>
      )}
      {node.rival !== null && (
        <Text size="xs" c="red" mt="sm" className="breakable">
          {node.rival.message}. {hintOf(node.rival)}
        </Text>
      )}
      {vitals === null ? (
        <Text size="sm" c="dimmed" mt="md">
          {t('node.neverSeen')}
        </Text>
      ) : (
        <Stack gap="sm" mt="md">
          <Meter
            label={t('node.load')}
            share={vitals.load1 / vitals.cores}
            warnAbove={1.5}
            text={t('node.loadOf', { load: vitals.load1.toFixed(2), count: vitals.cores })}
          />
          <Meter
            label={t('node.memory')}
            share={1 - vitals.memoryFreeBytes / vitals.memoryTotalBytes}
            text={`${formatBytes(vitals.memoryTotalBytes - vitals.memoryFreeBytes)} / ${formatBytes(vitals.memoryTotalBytes)}`}
          />
          {vitals.temp && (
            <Meter
              label={t('node.disk')}
              share={1 - vitals.temp.freeBytes / vitals.temp.totalBytes}
              warnAbove={1 - diskWarnShare}
              text={t('node.free', { size: formatBytes(vitals.temp.freeBytes) })}
            />
          )}
        </Stack>
      )}
      <SimpleGrid cols={3} mt="md" spacing="xs">
        <Figure label={t('node.running')} value={`${vitals?.running ?? 0} / ${vitals?.workers ?? '—'}`} />
        <Figure label={t('node.queued')} value={String(vitals?.queued ?? 0)} />
        <Figure label={t('node.weight')} value={String(node.weight)} />
      </SimpleGrid>
      <Tooltip label={t('node.shareHint')}>
        <div>
          <Group justify="space-between" mt="md" mb={4}>
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
      <Group gap="md" mt="md" fz="xs" c="dimmed">
        {vitals && <span>{t('node.version', { version: vitals.version })}</span>}
        {node.lastHeartbeatAgeMs !== null && (
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
      </Group>
    </Card>
  );
}

function Meter(meter: { label: string; share: number; text: string; warnAbove?: number }) {
  const percent = Math.max(0, Math.min(100, meter.share * 100));
  const isBad = meter.share > (meter.warnAbove ?? 0.95);
  return (
    <div>
      <Group justify="space-between" mb={3}>
        <Text size="xs" c="dimmed">
          {meter.label}
        </Text>
        <Text size="xs" className="tabular">
          {meter.text}
        </Text>
      </Group>
      <Progress value={percent} size={5} color={isBad ? 'red' : 'harbor.5'} aria-label={meter.label} />
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
