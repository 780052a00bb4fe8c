import { Box } from '@mantine/core';
import type { ErrorComponentProps } from '@tanstack/react-router';
import { ErrorAlert } from '../ui/error-alert.tsx';

export function PageError({ error, reset }: ErrorComponentProps) {
  return (
    <Box p="lg">
      <ErrorAlert error={error} onRetry={reset} />
    </Box>
  );
}
