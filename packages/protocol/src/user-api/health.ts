import { z } from 'zod';
import { endpoint } from './endpoint.ts';

export const health = {
  healthz: endpoint({
    method: 'get',
    path: '/healthz',
    tag: 'Health',
    summary: 'The process is alive',
    access: 'public',
    status: 200,
    response: z.object({
      status: z.literal('ok'),
      product: z.literal('longshore-master'),
      version: z.string(),
    }),
  }),
  readyz: endpoint({
    method: 'get',
    path: '/readyz',
    tag: 'Health',
    summary: 'The process can serve: its database and store answer',
    access: 'public',
    status: 200,
    response: z.object({ status: z.literal('ok') }),
  }),
} as const;
