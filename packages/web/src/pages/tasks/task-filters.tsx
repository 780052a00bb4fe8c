import { TaskKind, TaskState } from '@longshore/protocol';
import { Button, Group, MultiSelect, Select, TextInput } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { t } from '../../language/language.ts';
import type { TaskFilter } from '../../queries/task-queries.ts';
import { Icon } from '../../ui/icons.tsx';

const spans = [1, 24, 24 * 7, 24 * 30];
const typingMs = 300;

/** What the list is narrowed down to. Everything here is part of the address. */
export function TaskFilters(props: {
  filter: TaskFilter;
  onChange: (filter: TaskFilter) => void;
  forAdmin?: boolean;
}) {
  const { filter, onChange } = props;
  const set = (change: TaskFilter): void => onChange({ ...filter, ...change });
  const later = useDebouncedCallback(set, typingMs);
  const isFiltered = Object.values(filter).some((value) => value !== undefined);
  const text = (name: 'node' | 'user' | 'requestId', label: string) => (
    <TextInput
      key={`${name} ${isFiltered}`}
      w={150}
      size="sm"
      aria-label={label}
      placeholder={label}
      defaultValue={filter[name] ?? ''}
      onChange={(event) => later({ [name]: event.currentTarget.value || undefined })}
    />
  );
  return (
    <Group gap="xs" mb="md">
      <MultiSelect
        w={210}
        aria-label={t('filter.state')}
        placeholder={filter.state?.length ? '' : t('filter.state')}
        data={TaskState.options.map((value) => ({ value, label: t(`state.${value}`) }))}
        value={filter.state ?? []}
        onChange={(value) => set({ state: value.length === 0 ? undefined : (value as TaskState[]) })}
        hidePickedOptions
      />
      <Select
        w={150}
        aria-label={t('filter.kind')}
        placeholder={t('filter.kind')}
        clearable
        data={TaskKind.options.map((value) => ({ value, label: t(`kind.${value}`) }))}
        value={filter.kind?.[0] ?? null}
        onChange={(value) => set({ kind: value === null ? undefined : [value as TaskKind] })}
      />
      <Select
        w={150}
        aria-label={t('filter.time')}
        placeholder={t('filter.time')}
        clearable
        data={spans.map((hours) => ({ value: String(hours), label: t(`filter.hours.${hours as 1 | 24}`) }))}
        value={filter.hours === undefined ? null : String(filter.hours)}
        onChange={(value) => set({ hours: value === null ? undefined : Number(value) })}
      />
      {text('node', t('filter.node'))}
      {props.forAdmin && text('user', t('filter.user'))}
      {props.forAdmin && text('requestId', t('filter.requestId'))}
      {isFiltered && (
        <Button
          variant="subtle"
          color="gray"
          leftSection={<Icon name="cross" size={14} />}
          onClick={() => onChange({})}
        >
          {t('filter.clear')}
        </Button>
      )}
    </Group>
  );
}
