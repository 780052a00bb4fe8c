import type { AttemptView, PartView } from '@longshore/protocol';
import { Badge, Card, Group, Stack, Text, Timeline } from '@mantine/core';
import { formatExact, formatSpan } from '../../format/format-times.ts';
import { t } from '../../language/language.ts';
import { Ago } from '../../ui/ago.tsx';
import { ErrorNote } from '../../ui/error-alert.tsx';
import { Icon, type IconName } from '../../ui/icons.tsx';

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
    <Card withBorder radius="lg" padding="lg">
      {total > 1 && (
        <Text size="sm" fw={600} mb="md">
          {t('part.title', { number: part.ordinal + 1, total })}
        </Text>
      )}
      {part.waitingFor !== null && (
        <Text size="sm" c="dimmed" mb={part.attempts.length > 0 ? 'md' : 0}>
          {t('part.waiting')} {part.waitingFor}
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
    </Card>
  );
}

function AttemptTitle({ attempt }: { attempt: AttemptView }) {
  return (
    <Group gap="xs">
      <Text fw={600} size="sm">
        {t('attempt.on', { number: attempt.attempt, node: attempt.node })}
      </Text>
      <Badge size="sm" variant="light" color={looks[attempt.state].color} tt="none" radius="sm">
        {t(`attempt.${attempt.state}`)}
      </Badge>
      {attempt.endedAtMs !== null && (
        <Text size="xs" c="dimmed" className="tabular">
          {formatSpan(attempt.endedAtMs - attempt.startedAtMs)}
        </Text>
      )}
    </Group>
  );
}

function AttemptDetails({ attempt, told }: { attempt: AttemptView; told: string | null }) {
  return (
    <Stack gap={6} mt={4}>
      <Text size="xs" c="dimmed">
        <Ago atMs={attempt.startedAtMs} /> · {t('attempt.why')} {attempt.reason}
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
                {event.event}
                {event.error && ` — ${event.error.code}: ${event.error.message}`}
              </Text>
            </Group>
          ))}
        </Stack>
      )}
    </Stack>
  );
}
