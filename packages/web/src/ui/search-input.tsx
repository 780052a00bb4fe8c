import { TextInput, type TextInputProps } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { Icon } from './icons.tsx';

const typingMs = 250;

/** A word that a list is narrowed down by, told once the typing rests. Empty is undefined. */
export function SearchInput({
  label,
  value,
  onSearch,
  ...rest
}: { label: string; value: string | undefined; onSearch: (word: string | undefined) => void } & Omit<
  TextInputProps,
  'value' | 'label'
>) {
  const later = useDebouncedCallback(onSearch, typingMs);
  return (
    <TextInput
      // Emptied from outside, by a button that clears all filters, it starts anew.
      key={String(value === undefined)}
      aria-label={label}
      placeholder={label}
      leftSection={<Icon name="search" size={16} />}
      defaultValue={value ?? ''}
      onChange={(event) => later(event.currentTarget.value.trim() || undefined)}
      {...rest}
    />
  );
}
