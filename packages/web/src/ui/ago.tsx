import { Text, type TextProps, Tooltip } from '@mantine/core';
import { formatAgo, formatExact } from '../format/format-times.ts';
import { useNow } from './use-now.ts';

const minuteMs = 60_000;

/** A moment, relative, with the exact one on hover. */
export function Ago({ atMs, ...rest }: { atMs: number } & TextProps) {
  // As often as the text can change: by the second at first.
  const nowMs = useNow((nowMs) => (Math.abs(nowMs - atMs) < minuteMs ? 1_000 : 10_000));
  return (
    <Tooltip label={formatExact(atMs)}>
      <Text span inherit {...rest}>
        <time dateTime={new Date(atMs).toISOString()}>{formatAgo(atMs, nowMs)}</time>
      </Text>
    </Tooltip>
  );
}
