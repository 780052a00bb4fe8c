import type { Endpoint } from '@longshore/protocol';

type Parts = { params?: unknown; query?: unknown; body?: unknown };

/** Where a call goes and what it carries, by the description of the endpoint. Lists in a query are repeated. */
export function toRequest(endpoint: Endpoint, input: Parts): { method: string; path: string; body?: string } {
  const params = (input.params ?? {}) as Record<string, unknown>;
  const path = endpoint.path.replace(/\{(\w+)\}/g, (_, name: string) =>
    encodeURIComponent(String(params[name])),
  );
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries((input.query ?? {}) as Record<string, unknown>)) {
    if (value === undefined) continue;
    for (const one of Array.isArray(value) ? value : [value]) query.append(name, String(one));
  }
  const request = {
    method: endpoint.method.toUpperCase(),
    path: query.size === 0 ? path : `${path}?${query}`,
  };
  return input.body === undefined ? request : { ...request, body: JSON.stringify(input.body) };
}
