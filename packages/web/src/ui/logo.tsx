import { Group, Text } from '@mantine/core';

/** The mark: an L that is a quay, with water beside it. */
export function Logo({ size = 28 }: { size?: number }) {
  return (
    <Group gap={10} wrap="nowrap">
      <svg viewBox="0 0 32 32" width={size} height={size} aria-hidden="true">
        <rect width="32" height="32" rx="8" fill="var(--mantine-color-harbor-7)" />
        <path
          d="M9 7.5v13a3 3 0 0 0 3 3h11"
          fill="none"
          stroke="#fff"
          strokeWidth="3.4"
          strokeLinecap="round"
        />
        <path
          d="M15 17.500c1.6-1.5 3.2-1.5 4.7 0s3 1.5 4.3.3"
          fill="none"
          stroke="#7fd6ea"
          strokeWidth="2.4"
          strokeLinecap="round"
        />
      </svg>
      <Text fw={680} fz={size * 0.64} lts={-0.3}>
        Longshore
      </Text>
    </Group>
  );
}
