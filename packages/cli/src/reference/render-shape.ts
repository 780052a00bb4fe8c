import { z } from 'zod';

type JsonSchema = z.core.JSONSchema.BaseSchema;

/** Schemas that are shown once under a name of their own. */
export type NamedShapes = ReadonlyMap<z.ZodType, string>;

/** A schema as a TypeScript type, which readers of `--json` know how to read. */
export function renderShape(schema: z.ZodType, names: NamedShapes): string {
  const registry = z.registry<{ id?: string }>();
  for (const [named, id] of names) if (named !== schema) registry.add(named, { id });
  const json = z.toJSONSchema(schema, { metadata: registry, unrepresentable: 'any', io: 'output' });
  return render(json, '');
}

function render(schema: JsonSchema, indent: string): string {
  if (schema.$ref !== undefined) return schema.$ref.split('/').at(-1) ?? 'unknown';
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum !== undefined) return schema.enum.map((value) => JSON.stringify(value)).join(' | ');
  const options = schema.anyOf ?? schema.oneOf;
  if (options !== undefined) return options.map((option) => render(option as JsonSchema, indent)).join(' | ');
  if (schema.type === 'array')
    return `${parenthesized(render((schema.items ?? {}) as JsonSchema, indent))}[]`;
  if (schema.type === 'object') return renderObject(schema, indent);
  const types = Array.isArray(schema.type) ? schema.type : [schema.type ?? 'unknown'];
  return types.map((type) => (type === 'integer' ? 'number' : type)).join(' | ');
}

function renderObject(schema: JsonSchema, indent: string): string {
  const properties = Object.entries(schema.properties ?? {});
  if (properties.length === 0) {
    const values = schema.additionalProperties;
    return typeof values === 'object' ? `Record<string, ${render(values as JsonSchema, indent)}>` : '{}';
  }
  const lines = properties.map(([name, property]) => {
    const optional = schema.required?.includes(name) === true ? '' : '?';
    return `${indent}  ${name}${optional}: ${render(property as JsonSchema, `${indent}  `)};`;
  });
  return `{\n${lines.join('\n')}\n${indent}}`;
}

const parenthesized = (type: string): string => (/^[^{]*\|/.test(type) ? `(${type})` : type);
