import type { Endpoint } from '@longshore/protocol';

type Parts = { params?: unknown; query?: unknown; body?: unknown };

/** Where a call goes and what it carries, by the description of the endpoint. Lists in a query are repeated. */
export function toRequest(endpoint: Endpoint, input: Parts): { method: string; path: string; body?: string } {
  const params = Object(input.params ?? {}) as Record<string, unknown>;
  const path = endpoint.path.replaceAll(/\{(\w+)\}/g, (_, name: string) =>
    encodeURIComponent(String(params[name])),
  );
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(Object(input.query ?? {}) as Record<string, unknown>)) {
    for (const one of Array.isArray(value) ? value : [value]) {
      if (one !== undefined) query.append(name, String(one));
    }
  }
  const search = query.toString();
  return {
    method: endpoint.method.toUpperCase(),
    path: search === '' ? path : `${path}?${search}`,
    ...(input.body === undefined ? {} : { body: JSON.stringify(input.body) }),
  };
}
