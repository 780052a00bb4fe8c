import { TaskKind, TaskState } from '@longshore/protocol';
import { Button, MultiSelect, Select } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { t } from '../../language/language.ts';
import { nodeChoicesQuery } from '../../queries/node-queries.ts';
import type { TaskFilter } from '../../queries/task-queries.ts';
import { Icon } from '../../ui/icons.tsx';
import { SearchInput } from '../../ui/search-input.tsx';
import classes from './tasks.module.css';

const spans = [1, 24, 24 * 7, 24 * 30];

/**
 * What the list is narrowed down to. Everything here is part of the address; `typed` says that a word is being typed,
 * whose letters are no places to go back to.
 */
export function TaskFilters(props: {
  filter: TaskFilter;
  onChange: (filter: TaskFilter, options: { typed: boolean }) => void;
  forAdmin?: boolean;
}) {
  const { filter, onChange } = props;
  const [opened, { toggle }] = useDisclosure(false);
  const set = (change: TaskFilter): void => onChange({ ...filter, ...change }, { typed: false });
  const count = Object.values(filter).filter((value) => value !== undefined).length;
  const word = (name: 'user' | 'requestId', label: string) => (
    <SearchInput
      w={{ base: '100%', sm: 170 }}
      label={label}
      value={filter[name]}
      onSearch={(text) => onChange({ ...filter, [name]: text }, { typed: true })}
    />
  );
  return (
    <>
      <Button
        hiddenFrom="sm"
        variant="default"
        fullWidth
        mb="sm"
        leftSection={<Icon name="filter" size={16} />}
        onClick={toggle}
        aria-expanded={opened}
      >
        {count === 0 ? t('filter.open') : t('filter.active', { count })}
      </Button>
      <div className={classes.filters} data-opened={opened || undefined}>
        <MultiSelect
          w={{ base: '100%', sm: 210 }}
          aria-label={t('filter.state')}
          placeholder={filter.state?.length ? '' : t('filter.state')}
          data={TaskState.options.map((value) => ({ value, label: t(`state.${value}`) }))}
          value={filter.state ?? []}
          onChange={(value) => set({ state: value.length === 0 ? undefined : (value as TaskState[]) })}
          hidePickedOptions
        />
        <Select
          w={{ base: '100%', sm: 150 }}
          aria-label={t('filter.kind')}
          placeholder={t('filter.kind')}
          clearable
          data={TaskKind.options.map((value) => ({ value, label: t(`kind.${value}`) }))}
          value={filter.kind?.[0] ?? null}
          onChange={(value) => set({ kind: value === null ? undefined : [value as TaskKind] })}
        />
        <Select
          w={{ base: '100%', sm: 150 }}
          aria-label={t('filter.time')}
          placeholder={t('filter.time')}
          clearable
          data={spans.map((hours) => ({ value: String(hours), label: t(`filter.hours.${hours as 1 | 24}`) }))}
          value={filter.hours === undefined ? null : String(filter.hours)}
          onChange={(value) => set({ hours: value === null ? undefined : Number(value) })}
        />
        <NodeFilter node={filter.node} onChange={(node) => set({ node })} />
        {props.forAdmin && word('user', t('filter.user'))}
        {props.forAdmin && word('requestId', t('filter.requestId'))}
        {count > 0 && (
          <Button
            variant="subtle"
            color="gray"
            leftSection={<Icon name="cross" size={14} />}
            onClick={() => onChange({}, { typed: false })}
          >
            {t('filter.clear')}
          </Button>
        )}
      </div>
    </>
  );
}

/** Absent for those who are not told which nodes there are. */
function NodeFilter(props: { node: string | undefined; onChange: (node: string | undefined) => void }) {
  const { data } = useQuery(nodeChoicesQuery);
  const { node } = props;
  // One that is gone still has tasks.
  const names = new Set([
    ...(data?.nodes ?? []).map(({ name }) => name),
    ...(node === undefined ? [] : [node]),
  ]);
  if (names.size === 0) return null;
  return (
    <Select
      w={{ base: '100%', sm: 150 }}
      aria-label={t('filter.node')}
      placeholder={t('filter.node')}
      clearable
      searchable={names.size > 8}
      data={[...names]}
      value={node ?? null}
      onChange={(value) => props.onChange(value ?? undefined)}
    />
  );
}
