import { Skeleton, Stack } from '@mantine/core';

/** The outline of a page that is on its way. */
export function PageSkeleton() {
  return (
    <Stack p="lg" gap="md" aria-hidden="true">
      <Skeleton h={28} w={180} />
      <Skeleton h={14} w={320} maw="80%" />
      <Skeleton h={120} mt="sm" />
      <Skeleton h={120} />
    </Stack>
  );
}
