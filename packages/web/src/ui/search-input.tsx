import { TextInput, type TextInputProps } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { useState } from 'react';
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
  // While somebody types, what they see is theirs: the word comes back later than the next letter.
  const [typed, setTyped] = useState<string | null>(null);
  const later = useDebouncedCallback(onSearch, typingMs);
  return (
    <TextInput
      aria-label={label}
      placeholder={label}
      leftSection={<Icon name="search" size={16} />}
      value={typed ?? value ?? ''}
      onChange={(event) => {
        setTyped(event.currentTarget.value);
        later(event.currentTarget.value.trim() || undefined);
      }}
      onBlur={() => {
        later.flush();
        setTyped(null);
      }}
      {...rest}
    />
  );
}
