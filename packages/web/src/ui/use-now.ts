import { useEffect, useState } from 'react';

/** The time, renewed as often as is asked for, which may depend on the time. */
export function useNow(everyMs: number | ((nowMs: number) => number)): number {
  const [nowMs, setNow] = useState(Date.now);
  const pauseMs = typeof everyMs === 'number' ? everyMs : everyMs(nowMs);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), pauseMs);
    return () => clearInterval(timer);
  }, [pauseMs]);
  return nowMs;
}
