import { Group, NativeSelect, NumberInput } from '@mantine/core';
import { useState } from 'react';
import { t } from '../language/language.ts';

const units = { MiB: 1024 ** 2, GiB: 1024 ** 3, TiB: 1024 ** 4 } as const;
type Unit = keyof typeof units;

const unitOf = (bytes: number | null): Unit =>
  bytes === null || bytes === 0
    ? 'GiB'
    : bytes % units.TiB === 0
      ? 'TiB'
      : bytes >= units.GiB
        ? 'GiB'
        : 'MiB';

/** A size in a unit that is chosen beside it. Empty is null. */
export function BytesInput(props: {
  label: string;
  description?: string;
  placeholder?: string;
  value: number | null;
  onChange: (bytes: number | null) => void;
}) {
  const { value, onChange } = props;
  const [unit, setUnit] = useState(() => unitOf(value));
  const [shown, setShown] = useState<number | string>(() =>
    value === null ? '' : value / units[unitOf(value)],
  );
  const tell = (next: number | string, inUnit: Unit): void => {
    setShown(next);
    setUnit(inUnit);
    onChange(next === '' ? null : Math.round(Number(next) * units[inUnit]));
  };
  return (
    <Group gap={6} align="flex-start" wrap="nowrap">
      <NumberInput
        flex={1}
        label={props.label}
        description={props.description}
        placeholder={props.placeholder ?? ''}
        inputWrapperOrder={['label', 'input', 'description', 'error']}
        min={0}
        decimalScale={3}
        allowNegative={false}
        hideControls
        value={shown}
        onChange={(next) => tell(next, unit)}
      />
      <NativeSelect
        w={84}
        // Of the same height as the label of the number.
        mt={24}
        aria-label={t('limits.unitOf', { name: props.label })}
        data={Object.keys(units)}
        value={unit}
        onChange={(event) => tell(shown, event.currentTarget.value as Unit)}
      />
    </Group>
  );
}
