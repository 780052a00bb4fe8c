import type { TaskState } from '@longshore/protocol';
import { Badge } from '@mantine/core';
import { t } from '../../language/language.ts';
import { stateColors } from './task-look.ts';

export function StateBadge({ state }: { state: TaskState }) {
  return (
    <Badge variant="light" color={stateColors[state]} tt="none" radius="sm">
      {t(`state.${state}`)}
    </Badge>
  );
}
