import { AuditAction } from '@longshore/protocol';
import { Button, Group, Select } from '@mantine/core';
import { t } from '../../language/language.ts';
import type { AuditFilter } from '../../queries/audit-queries.ts';
import { Icon } from '../../ui/icons.tsx';
import { SearchInput } from '../../ui/search-input.tsx';
import { actionGroups, actionText } from './audit-words.ts';

const spans = [1, 24, 24 * 7, 24 * 30];

/** What the log is narrowed down to. Everything here is part of the address. */
export function AuditFilters(props: { filter: AuditFilter; onChange: (filter: AuditFilter) => void }) {
  const { filter, onChange } = props;
  const set = (change: AuditFilter): void => onChange({ ...filter, ...change });
  const isFiltered = Object.values(filter).some((value) => value !== undefined);
  const text = (name: 'user' | 'object' | 'requestId') => (
    <SearchInput
      w={175}
      label={t(`audit.filter.${name}`)}
      value={filter[name]}
      onSearch={(word) => set({ [name]: word })}
    />
  );
  return (
    <Group gap="xs" mb="md">
      <Select
        w={230}
        aria-label={t('audit.filter.action')}
        placeholder={t('audit.filter.action')}
        clearable
        searchable
        value={filter.action ?? null}
        onChange={(value) => set({ action: value ?? undefined })}
        data={actionGroups.map((group) => ({
          group: t(`audit.group.${group}`),
          items: [
            { value: `${group}.`, label: t('audit.all', { name: t(`audit.group.${group}`) }) },
            ...AuditAction.options
              .filter((action) => action === group || action.startsWith(`${group}.`))
              .map((value) => ({ value, label: actionText(value) })),
          ],
        }))}
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
      {text('user')}
      {text('object')}
      {text('requestId')}
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
