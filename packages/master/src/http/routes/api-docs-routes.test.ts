import { AppError, accounts, fileBytesRoutes, health } from '@longshore/protocol';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type AccountServer, serveAccounts } from '../../testing/serve-accounts.ts';
import { describeDatabases } from '../../testing/test-databases.ts';

type Operation = {
  summary?: string;
  tags?: string[];
  security?: unknown[];
  requestBody?: { content: Record<string, { schema: Record<string, unknown> }> };
  parameters?: { name: string; in: string }[];
  responses: Record<string, { description: string; content?: Record<string, { schema: object }> }>;
};
type Description = {
  openapi: string;
  info: { title: string; version: string };
  tags: { name: string }[];
  components: { securitySchemes: Record<string, unknown> };
  paths: Record<string, Record<string, Operation>>;
};

describeDatabases('the description of the API', (open, dialect) => {
  let server: AccountServer;
  let description: Description;
  let isReady = true;
  beforeAll(async () => {
    const ready = async (): Promise<void> => {
      if (!isReady) throw new AppError('UNAVAILABLE', 'the database does not answer');
    };
    server = await serveAccounts(await open(), { ready });
    description = (await (await fetch(`${server.url}/api/openapi.json`)).json()) as Description;
  });
  afterAll(() => server.close());

  it('tells load balancers that the process lives, and whether it can serve', async () => {
    const alive = await fetch(`${server.url}/healthz`);
    expect(await alive.json()).toMatchObject({ status: 'ok', product: 'longshore-master' });
    expect((await fetch(`${server.url}/readyz`)).status).toBe(200);
    isReady = false;
    const waiting = await fetch(`${server.url}/readyz`);
    expect(waiting.status).toBe(503);
    expect(waiting.headers.get('retry-after')).not.toBeNull();
    expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
    isReady = true;
  });

  if (dialect === 'postgres') return;

  it('is OpenAPI 3.1 with a bearer scheme', () => {
    expect(description.openapi).toBe('3.1.0');
    expect(description.info).toMatchObject({ title: 'Longshore', version: expect.any(String) });
    expect(description.components.securitySchemes.bearer).toMatchObject({ type: 'http', scheme: 'bearer' });
  });

  it('holds every endpoint that is mounted, with its schemas', () => {
    for (const spec of [...Object.values(accounts), ...Object.values(health)]) {
      const operation = description.paths[spec.path]?.[spec.method];
      expect(operation, `${spec.method} ${spec.path}`).toMatchObject({
        summary: spec.summary,
        tags: [spec.tag],
      });
      expect(operation?.security).toEqual(spec.access === 'public' ? undefined : [{ bearer: [] }]);
      const success = operation?.responses[spec.status]?.content?.['application/json']?.schema;
      expect(success).toMatchObject({ type: 'object' });
      expect(operation?.responses.default?.content?.['application/json']?.schema).toBeDefined();
      if ('body' in spec) {
        const schema = operation?.requestBody?.content['application/json']?.schema;
        expect(schema).toMatchObject({ type: 'object', additionalProperties: false });
        expect(Object.keys(schema?.properties ?? {}).toSorted()).toEqual(
          Object.keys(spec.body.shape).toSorted(),
        );
      }
    }
  });

  it('holds the routes of bytes and streams', () => {
    expect(description.paths['/api/v1/events']?.get?.responses['200']?.content).toHaveProperty([
      'text/event-stream',
    ]);
    expect(description.paths[fileBytesRoutes.content]?.get?.responses).toHaveProperty('206');
    expect(Object.keys(description.paths[`${fileBytesRoutes.uploads}/{id}`] ?? {}).toSorted()).toEqual([
      'delete',
      'head',
      'patch',
    ]);
  });

  it('declares every path parameter and every tag that it uses', () => {
    const tags = new Set(description.tags.map(({ name }) => name));
    for (const [path, operations] of Object.entries(description.paths)) {
      const named = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      for (const operation of Object.values(operations)) {
        const declared = (operation.parameters ?? []).filter((parameter) => parameter.in === 'path');
        expect([path, declared.map(({ name }) => name)]).toEqual([path, named]);
        for (const tag of operation.tags ?? []) expect(tags).toContain(tag);
        for (const answer of Object.values(operation.responses)) expect(answer.description).not.toBe('');
      }
    }
  });

  it('is browsed without asking another host, and without inline scripts', async () => {
    const page = await fetch(`${server.url}/api/docs`);
    const policy = page.headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self';");
    expect(policy).not.toMatch(/https?:|\*|unsafe-eval/);
    const html = await page.text();
    expect(html).not.toMatch(/https?:\/\//);
    expect(html).not.toMatch(/<script(?![^>]* src=)/);
    const sources = [...html.matchAll(/<script src="([^"]+)"/g)].map(([, source]) => source);
    expect(sources).toHaveLength(2);
    for (const source of sources) {
      const script = await fetch(new URL(source ?? '', page.url));
      expect(script.status).toBe(200);
      expect(script.headers.get('content-type')).toMatch(/^text\/javascript/);
      expect(await script.text()).toContain('createApiReference');
    }
  });

  it('serves its script compressed to whoever can unpack it', async () => {
    const get = (encoding: string) =>
      fetch(`${server.url}/api/docs/scalar.js`, { headers: { 'accept-encoding': encoding } });
    const [packed, plain] = [await get('gzip'), await get('identity')];
    expect(packed.headers.get('content-encoding')).toBe('gzip');
    expect(plain.headers.get('content-encoding')).toBeNull();
    expect(await packed.text()).toBe(await plain.text());
  });
});
