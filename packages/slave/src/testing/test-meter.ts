import { createMetrics } from '@longshore/runtime';
import { createSlaveMeter } from '../metrics/slave-metrics.ts';

export const testMeter = createSlaveMeter(createMetrics());
