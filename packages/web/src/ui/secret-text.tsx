import { Code, Group } from '@mantine/core';
import { CopyText } from './copy-text.tsx';

/** A secret that is shown once, to be copied away. */
export function SecretText({ text }: { text: string }) {
  return (
    <Group gap="xs" wrap="nowrap">
      <Code block flex={1} fz="sm" className="breakable" data-testid="secret">
        {text}
      </Code>
      <CopyText text={text} />
    </Group>
  );
}
