import type { Capability } from '@longshore/protocol';
import { Select } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { t } from '../../language/language.ts';
import { useMe } from '../../queries/account-queries.ts';
import { nodesQuery } from '../../queries/node-queries.ts';

/** Where a task runs: wherever its turn is, or on one node. Only administrators may list the nodes. */
export function NodeSelect(select: {
  capability: Capability;
  value: string | null;
  onChange: (node: string | null) => void;
}) {
  const me = useMe();
  const { data } = useQuery({ ...nodesQuery, enabled: me.role === 'admin' });
  if (me.role !== 'admin') return null;
  const { capability } = select;
  const able = (data ?? []).filter(
    (node) => node.enabled && (capability === 'check' || node.capabilities.includes(capability)),
  );
  return (
    <Select
      label={t('node.choose')}
      description={t('node.chooseHint')}
      data={[
        { value: '', label: t('node.automatic') },
        ...able.map((node) => ({
          value: node.name,
          label: node.health === 'online' ? node.name : `${node.name} (${t(`health.${node.health}`)})`,
        })),
      ]}
      value={select.value ?? ''}
      onChange={(value) => select.onChange(value || null)}
      allowDeselect={false}
    />
  );
}
