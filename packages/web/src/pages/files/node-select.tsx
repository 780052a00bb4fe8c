import type { Capability, NodeChoice } from '@longshore/protocol';
import { Select } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { t } from '../../language/language.ts';
import { nodeChoicesQuery } from '../../queries/node-queries.ts';

/** Where a task runs: wherever its turn is, or on a node that this user may choose. Absent when there is no choice. */
export function NodeSelect(select: {
  capability: Capability;
  value: string | null;
  onChange: (node: string | null) => void;
  /** Nodes that have failed at it already. */
  tried?: readonly string[];
}) {
  const { data } = useQuery(nodeChoicesQuery);
  if (!data?.mayChoose) return null;
  const { capability, tried = [] } = select;
  const able = data.nodes.filter((node) => capability === 'check' || node.capabilities.includes(capability));
  return (
    <Select
      label={t('node.choose')}
      description={t('node.chooseHint')}
      data={[
        { value: '', label: t('node.automatic') },
        ...able.map((node) => ({ value: node.name, label: labelOf(node, tried.includes(node.name)) })),
      ]}
      value={select.value ?? ''}
      onChange={(value) => select.onChange(value || null)}
      allowDeselect={false}
    />
  );
}

function labelOf(node: NodeChoice, isTried: boolean): string {
  const remarks = [
    ...(node.status === 'online' ? [] : [t(`health.${node.status}`)]),
    ...(isTried ? [t('node.tried')] : []),
  ];
  return remarks.length === 0 ? node.name : `${node.name} (${remarks.join(', ')})`;
}
