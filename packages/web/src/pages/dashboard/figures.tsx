import type { StatsHistory, Task } from '@longshore/protocol';
import { Card, SimpleGrid, Text } from '@mantine/core';
import { formatSpan } from '../../format/format-times.ts';
import { locale, t } from '../../language/language.ts';
import { summarize } from './summarize.ts';

/** The numbers that are read first. */
export function Figures({ history, active }: { history: StatsHistory; active: readonly Task[] }) {
  const { completed, failed, successShare, perMinute, longestWaitMs } = summarize(history);
  const running = active.filter((task) => task.state === 'running').length;
  return (
    <SimpleGrid cols={{ base: 2, md: 4 }} mb="md">
      <Figure
        label={t('dashboard.now')}
        value={String(running)}
        more={t('dashboard.queued', { count: active.length - running })}
      />
      <Figure
        label={t('dashboard.throughput')}
        value={perMinute.toLocaleString(locale(), { maximumFractionDigits: perMinute < 10 ? 1 : 0 })}
        more={t('dashboard.ended', { count: completed + failed })}
      />
      <Figure
        label={t('dashboard.success')}
        value={successShare === null ? '—' : `${Math.floor(successShare * 1000) / 10} %`}
        more={t('dashboard.failedCount', { count: failed })}
        {...(failed > 0 && { color: 'var(--mantine-color-red-text)' })}
      />
      <Figure label={t('dashboard.wait')} value={formatSpan(longestWaitMs)} more={t('dashboard.waitHint')} />
    </SimpleGrid>
  );
}

function Figure({
  label,
  value,
  more,
  color,
}: {
  label: string;
  value: string;
  more: string;
  color?: string;
}) {
  return (
    <Card withBorder radius="lg" padding="lg">
      <Text size="xs" c="dimmed" fw={550}>
        {label}
      </Text>
      <Text fz={28} fw={680} lh={1.3} className="tabular">
        {value}
      </Text>
      <Text size="xs" c={color ?? 'dimmed'}>
        {more}
      </Text>
    </Card>
  );
}
