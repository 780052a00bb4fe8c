import type { Task } from '@longshore/protocol';
import { Group, Progress, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { formatBytes, formatRate } from '../../format/format-bytes.ts';
import { formatSpan } from '../../format/format-times.ts';
import { t } from '../../language/language.ts';
import { progressQuery } from '../../queries/task-queries.ts';
import { Facts } from '../../ui/facts.tsx';
import { isFinal, percentOf, stateColors } from './task-look.ts';

/** How far a task is, to the half second: bytes, entries, speed, and when it will be done. */
export function TaskProgress({ task }: { task: Task }) {
  const { data: live } = useQuery(progressQuery(task.id));
  const progress = isFinal(task) || live === null ? task.progress : live.progress;
  const percent = percentOf({ state: task.state, progress });
  const speed = isFinal(task) ? null : live?.bytesPerSecond;
  const eta = isFinal(task) ? null : live?.etaSeconds;
  const facts = [
    `${formatBytes(progress.bytesDone)}${progress.bytesTotal === null ? '' : ` / ${formatBytes(progress.bytesTotal)}`}`,
    t('task.entries', {
      done: progress.entriesDone,
      of: progress.entriesTotal === null ? '' : ` / ${progress.entriesTotal.toLocaleString()}`,
    }),
    speed ? formatRate(speed) : null,
    eta ? t('task.left', { span: formatSpan(Math.max(1, eta) * 1000) }) : null,
  ].filter((fact) => fact !== null);
  return (
    <div>
      <Progress
        value={percent ?? (task.state === 'running' ? 100 : 0)}
        // Stripes that move are for work of which nobody can tell how much it is.
        animated={task.state === 'running' && percent === null}
        color={stateColors[task.state]}
        size={6}
        transitionDuration={300}
        aria-label={t('task.progress')}
      />
      <Group justify="space-between" mt={6} gap="xs">
        <Text size="xs" c="dimmed" className="tabular">
          <Facts of={facts} />
        </Text>
        <Text size="xs" c="dimmed" className="tabular">
          {isFinal(task) ? '' : t(`phase.${progress.phase}`)}
          {percent !== null && !isFinal(task) && ` · ${Math.floor(percent)} %`}
        </Text>
      </Group>
    </div>
  );
}
