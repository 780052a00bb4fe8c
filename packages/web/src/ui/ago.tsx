import { Text, type TextProps, Tooltip } from '@mantine/core';
import { formatAgo, formatExact } from '../format/format-times.ts';
import { useNow } from './use-now.ts';

/** A moment, relative, with the exact one on hover. */
export function Ago({ atMs, ...rest }: { atMs: number } & TextProps) {
  const nowMs = useNow(10_000);
  return (
    <Tooltip label={formatExact(atMs)}>
      <Text span inherit {...rest}>
        <time dateTime={new Date(atMs).toISOString()}>{formatAgo(atMs, nowMs)}</time>
      </Text>
    </Tooltip>
  );
}
