import type { OpenAPIHono } from '@hono/zod-openapi';
import { productVersion } from '@longshore/protocol';
import type { HttpEnv } from '../http-env.ts';
import { documentByteRoutes } from './api-docs-byte-routes.ts';
import { createScalarScript } from './api-docs-scalar-script.ts';

/**
 * Nothing but this master is asked for anything: no font, no script, no telemetry. Styles may be inline because
 * Scalar makes them while it runs; scripts may not.
 */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

// Addresses are relative, so that the pages work behind a proxy that adds a prefix.
const page = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Longshore API</title>
</head>
<body>
<div id="api"></div>
<noscript><p>This page needs JavaScript. The description itself is at <a href="openapi.json">openapi.json</a>.</p></noscript>
<script src="docs/scalar.js"></script>
<script src="docs/start.js"></script>
</body>
</html>
`;

const startScript = `Scalar.createApiReference('#api', {
  url: 'openapi.json',
  authentication: { preferredSecurityScheme: 'bearer' },
  withDefaultFonts: false,
  telemetry: false,
  showDeveloperTools: 'never',
  hideClientButton: true,
  agent: { disabled: true },
  mcp: { disabled: true },
});
`;

/** The OpenAPI document of everything mounted on the app, and pages to browse it. */
export function mountApiDocs(app: OpenAPIHono<HttpEnv>): void {
  app.openAPIRegistry.registerComponent('securitySchemes', 'bearer', {
    type: 'http',
    scheme: 'bearer',
    description: 'A session token from `POST /api/v1/login`, or an API token.',
  });
  documentByteRoutes(app.openAPIRegistry);
  let description: string | undefined;
  const loadScalarScript = createScalarScript();
  app.get('/api/openapi.json', (c) => {
    // Made when first asked for: by then everything is mounted.
    description ??= JSON.stringify(app.getOpenAPI31Document(documentHead));
    return c.body(description, 200, { 'content-type': 'application/json', 'cache-control': 'no-cache' });
  });
  app.get('/api/docs', (c) =>
    c.html(page, 200, {
      'content-security-policy': contentSecurityPolicy,
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-cache',
    }),
  );
  app.get('/api/docs/start.js', (c) => c.body(startScript, 200, scriptHeaders));
  app.get('/api/docs/scalar.js', async (c) => {
    const { gzipped, plain } = await loadScalarScript();
    const accepts = /\bgzip\b/.test(c.req.header('accept-encoding') ?? '');
    return accepts
      ? c.body(gzipped, 200, { ...scriptHeaders, 'content-encoding': 'gzip' })
      : c.body(plain, 200, scriptHeaders);
  });
}

const documentHead = {
  openapi: '3.1.0',
  info: {
    title: 'Longshore',
    version: productVersion,
    description:
      'The API of a Longshore master for users and administrators. Every error has the body described under `default`; its codes are listed in docs/errors.md.',
    license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
  },
  servers: [{ url: '/' }],
  tags: [
    { name: 'Accounts', description: 'Sessions, API tokens, users' },
    { name: 'Groups', description: 'What users may use' },
    { name: 'Files', description: 'Trees of files and their bytes' },
    { name: 'Tasks', description: 'Work on files, done by nodes' },
    { name: 'Nodes', description: 'Machines that do the work' },
    { name: 'Administration', description: 'Settings and the audit log' },
    { name: 'Events', description: 'What happens, as it happens' },
    { name: 'Health', description: 'For load balancers' },
  ],
};

const scriptHeaders = {
  'content-type': 'text/javascript; charset=utf-8',
  'cache-control': 'public, max-age=3600',
  vary: 'accept-encoding',
};
