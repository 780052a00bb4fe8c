import { ScrollArea, Table } from '@mantine/core';
import { t } from '../../language/language.ts';
import { clock, type TimeChartProps } from './time-chart.tsx';

/** The numbers of a chart, the newest first. */
export function ChartTable({ title, atMs, series, format, height }: TimeChartProps & { height: number }) {
  return (
    <ScrollArea h={height} viewportProps={{ tabIndex: 0, role: 'region', 'aria-label': title }}>
      <Table verticalSpacing={3} fz="xs" stickyHeader className="tabular">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t('chart.time')}</Table.Th>
            {series.map(({ name }) => (
              <Table.Th key={name}>{name}</Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {atMs
            .map((moment, index) => (
              <Table.Tr key={moment}>
                <Table.Td>{clock(moment)}</Table.Td>
                {series.map(({ name, values }) => {
                  const value = values[index] ?? null;
                  return <Table.Td key={name}>{value === null ? '—' : format(value)}</Table.Td>;
                })}
              </Table.Tr>
            ))
            .toReversed()}
        </Table.Tbody>
      </Table>
    </ScrollArea>
  );
}
