import type { AuditEntry } from '@longshore/protocol';
import { Anchor, Badge, Box, Collapse, Group, Table, Text, UnstyledButton } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { t } from '../../language/language.ts';
import type { AuditFilter } from '../../queries/audit-queries.ts';
import { Ago } from '../../ui/ago.tsx';
import { CopyText } from '../../ui/copy-text.tsx';
import { Icon } from '../../ui/icons.tsx';
import classes from './audit.module.css';
import { actionColor, actionText, emptyText, fieldText, jointText, valueText } from './audit-words.ts';

/** One line of the log; what has changed is unfolded. */
export function AuditRow({
  entry,
  onFilter,
}: {
  entry: AuditEntry;
  onFilter: (change: AuditFilter) => void;
}) {
  const [opened, { toggle }] = useDisclosure(false);
  const changes = fieldsOf(entry);
  const { user, object } = entry;
  const joint = jointText(entry.action);
  // All fields of what is new or gone are no news.
  const summary = entry.before === null || entry.after === null ? '' : changes.map(fieldText).join(', ');
  return (
    <Box component="li" className={classes.row}>
      <UnstyledButton className={classes.head} onClick={toggle} aria-expanded={opened}>
        <Icon name={opened ? 'down' : 'right'} size={14} color="var(--mantine-color-dimmed)" />
        <Text size="xs" c="dimmed" w={110} style={{ flexShrink: 0 }}>
          <Ago atMs={entry.atMs} />
        </Text>
        <Text size="sm" fw={550} className={`breakable ${classes.who}`}>
          {user?.name ?? t('audit.nobody')}
        </Text>
        <Badge
          variant="light"
          tt="none"
          radius="sm"
          color={actionColor(entry.action)}
          style={{ flexShrink: 0 }}
        >
          {actionText(entry.action)}
        </Badge>
        {object !== null && object.id !== user?.id && (
          <Text size="sm" className="breakable">
            {joint}
            <Text span inherit fw={550}>
              {object.name}
            </Text>
          </Text>
        )}
        <Text size="xs" c="dimmed" className={classes.summary} truncate>
          {summary}
        </Text>
      </UnstyledButton>
      <Collapse expanded={opened}>
        <Box className={classes.body}>
          {changes.length > 0 && <Changes entry={entry} names={changes} />}
          <Group gap="lg" style={{ rowGap: 6 }} mt={changes.length > 0 ? 'sm' : 0}>
            <Fact label={t('audit.address')} value={entry.address} />
            <Group gap={4} wrap="nowrap">
              <Fact label={t('audit.request')} value={entry.requestId} />
              <CopyText text={entry.requestId} />
            </Group>
            {user !== null && (
              <Anchor component="button" size="sm" onClick={() => onFilter({ user: user.name })}>
                {t('audit.allBy', { name: user.name })}
              </Anchor>
            )}
            {object !== null && (
              <Anchor component="button" size="sm" onClick={() => onFilter({ object: object.id })}>
                {t('audit.allOn', { name: object.name })}
              </Anchor>
            )}
          </Group>
        </Box>
      </Collapse>
    </Box>
  );
}

const fieldsOf = ({ before, after }: AuditEntry): string[] => [
  ...new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})]),
];

function Fact({ label, value }: { label: string; value: string }) {
  return (
    <Text size="sm" className="breakable">
      <Text span inherit c="dimmed">
        {label}{' '}
      </Text>
      {value}
    </Text>
  );
}

/** The values before and after; of what is new or gone only those that say something. */
function Changes({ entry: { before, after }, names }: { entry: AuditEntry; names: readonly string[] }) {
  const both = before !== null && after !== null;
  const shown = names.filter((name) => both || valueText(name, (after ?? before)?.[name]) !== null);
  return (
    <Table.ScrollContainer minWidth={270}>
      <Table layout="fixed" verticalSpacing={6} fz="sm">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t('audit.field')}</Table.Th>
            {before !== null && <Table.Th>{t('audit.before')}</Table.Th>}
            {after !== null && <Table.Th>{t(both ? 'audit.after' : 'audit.value')}</Table.Th>}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {shown.map((name) => (
            <Table.Tr key={name}>
              <Table.Td>{fieldText(name)}</Table.Td>
              {before !== null && <Value name={name} value={before[name]} isGone={both} />}
              {after !== null && <Value name={name} value={after[name]} />}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}

function Value({ name, value, isGone = false }: { name: string; value: unknown; isGone?: boolean }) {
  const text = valueText(name, value);
  return (
    <Table.Td className="breakable">
      {text === null ? (
        <Text span inherit c="dimmed">
          {emptyText(name)}
        </Text>
      ) : (
        <Text span inherit {...(isGone ? { c: 'dimmed', td: 'line-through' } : { fw: 550 })}>
          {text}
        </Text>
      )}
    </Table.Td>
  );
}
