import type { AttemptView, PartView } from '@longshore/protocol';
import { Badge, Group, Progress, Stack, Text, Timeline } from '@mantine/core';
import { formatBytes } from '../../format/format-bytes.ts';
import { formatExact, formatSpan } from '../../format/format-times.ts';
import { t } from '../../language/language.ts';
import { errorLine, eventOf, placementOf, waitingOf } from '../../language/told.ts';
import { Ago } from '../../ui/ago.tsx';
import { ErrorNote } from '../../ui/error-alert.tsx';
import { Icon, type IconName } from '../../ui/icons.tsx';
import { useNow } from '../../ui/use-now.ts';

const looks: Record<AttemptView['state'], { icon: IconName; color: string }> = {
  leased: { icon: 'clock', color: 'gray' },
  running: { icon: 'play', color: 'harbor' },
  completed: { icon: 'check', color: 'teal' },
  failed: { icon: 'cross', color: 'red' },
  canceled: { icon: 'minus', color: 'gray' },
  lost: { icon: 'plug', color: 'orange' },
  returned: { icon: 'retry', color: 'orange' },
  undelivered: { icon: 'plug', color: 'orange' },
};

/** The share of a task that one node does, with every try. `told` is an error that the page shows already. */
export function PartCard({ part, total, told }: { part: PartView; total: number; told: string | null }) {
  return (
    <section data-part={part.ordinal} data-part-state={part.state}>
      {total > 1 && <PartHead part={part} total={total} />}
      {part.waitingFor !== null && (
        <Text size="sm" c="dimmed" mb={part.attempts.length > 0 ? 'md' : 0}>
          {t('part.waiting')} {waitingOf(part)}
        </Text>
      )}
      {part.attempts.length === 0 && part.waitingFor === null && (
        <Text size="sm" c="dimmed">
          {t('part.notYet')}
        </Text>
      )}
      <Timeline bulletSize={26} lineWidth={2} active={part.attempts.length}>
        {part.attempts.map((attempt) => (
          <Timeline.Item
            key={attempt.attempt}
            color={looks[attempt.state].color}
            bullet={<Icon name={looks[attempt.state].icon} size={14} />}
            title={<AttemptTitle attempt={attempt} />}
          >
            <AttemptDetails attempt={attempt} told={told} />
          </Timeline.Item>
        ))}
      </Timeline>
    </section>
  );
}

function PartHead({ part, total }: { part: PartView; total: number }) {
  const { bytesDone, bytesTotal } = part.progress;
  const title = t(part.joins ? 'part.joins' : 'part.title', { number: part.ordinal + 1, total });
  return (
    <Stack gap={6} mb="md">
      <Group justify="space-between" gap="xs">
        <Text size="sm" fw={600}>
          {title}
        </Text>
        <Text size="xs" c="dimmed" className="tabular">
          {formatBytes(bytesDone)}
          {bytesTotal !== null && ` / ${formatBytes(bytesTotal)}`}
        </Text>
      </Group>
      {bytesTotal !== null && bytesTotal > 0 && (
        <Progress size={4} value={(bytesDone / bytesTotal) * 100} aria-label={title} />
      )}
    </Stack>
  );
}

function AttemptTitle({ attempt }: { attempt: AttemptView }) {
  return (
    <Group gap="xs" data-attempt={attempt.attempt} data-attempt-state={attempt.state}>
      <Text fw={600} size="sm">
        {t('attempt.on', { number: attempt.attempt, node: attempt.node })}
      </Text>
      <Badge size="sm" variant="light" color={looks[attempt.state].color} tt="none" radius="sm">
        {t(`attempt.${attempt.state}`)}
      </Badge>
      <Text size="xs" c="dimmed" className="tabular">
        {attempt.endedAtMs === null ? (
          <RunningFor sinceMs={attempt.startedAtMs} />
        ) : (
          formatSpan(attempt.endedAtMs - attempt.startedAtMs)
        )}
      </Text>
    </Group>
  );
}

function RunningFor({ sinceMs }: { sinceMs: number }) {
  return formatSpan(Math.max(0, useNow(1_000) - sinceMs));
}

function AttemptDetails({ attempt, told }: { attempt: AttemptView; told: string | null }) {
  return (
    <Stack gap={6} mt={4}>
      <Text size="xs" c="dimmed" className="breakable">
        <Ago atMs={attempt.startedAtMs} /> ·{' '}
        <span className="tabular">
          {t('attempt.moved', {
            read: formatBytes(attempt.readBytes),
            written: formatBytes(attempt.writtenBytes),
          })}
        </span>{' '}
        · {t('attempt.why')} {placementOf(attempt)}
      </Text>
      {attempt.error && attempt.error.message !== told && (
        <ErrorNote info={attempt.error} title={t('attempt.error')} />
      )}
      {attempt.events.length > 0 && (
        <Stack gap={2}>
          {attempt.events.map((event) => (
            <Group key={`${event.atMs} ${event.event}`} gap="xs" wrap="nowrap" align="flex-start">
              <Text
                size="xs"
                c="dimmed"
                className="tabular"
                style={{ whiteSpace: 'nowrap' }}
                title={formatExact(event.atMs)}
              >
                +{formatSpan(Math.max(0, event.atMs - attempt.startedAtMs))}
              </Text>
              <Text size="xs" className="breakable">
                {eventOf(event)}
                {event.error && ` — ${errorLine(event.error)}`}
              </Text>
            </Group>
          ))}
        </Stack>
      )}
    </Stack>
  );
}
