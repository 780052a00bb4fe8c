import type { MiddlewareHandler } from 'hono';
import { cors } from 'hono/cors';
import type { CorsRules } from '../config.ts';

/** What scripts of other sites may do, by the rules in force at each request; nothing without an origin. */
export function allowOrigins(rulesInForce: () => CorsRules): MiddlewareHandler {
  let made: { rules: CorsRules; middleware: MiddlewareHandler } | undefined;
  return (c, next) => {
    const rules = rulesInForce();
    if (rules.origins.length === 0) return next();
    if (made?.rules !== rules) made = { rules, middleware: toMiddleware(rules) };
    return made.middleware(c, next);
  };
}

const toMiddleware = ({ origins, methods, headers, exposedHeaders, credentials }: CorsRules) =>
  cors({
    origin: origins.includes('*') ? '*' : [...origins],
    allowMethods: [...methods],
    allowHeaders: [...headers],
    exposeHeaders: [...exposedHeaders],
    credentials,
  });
