import { text } from './value-types.ts';

/** `[Metrics]`, which means the same in every program. */
export const metricsSection = {
  description: 'What Prometheus may read at `/metrics`.',
  keys: {
    Token: {
      type: text({ minLength: 16, maxLength: 256 }),
      secret: true,
      description:
        'Whoever sends it as bearer token may read `/metrics`, and nothing else. Without it only administrators may read those of a master, and nobody those of a slave.',
    },
  },
} as const;
