import type { z } from 'zod';

/** Who may call: anybody, a signed-in user, or an administrator. Tests walk all endpoints by this. */
export type Access = 'public' | 'user' | 'admin';

/**
 * One operation of the user API: the single description that the server routes by, the OpenAPI document is made
 * from, and the command line and the console are typed by.
 */
export type Endpoint = {
  readonly method: 'get' | 'post' | 'patch' | 'delete';
  /** Path with `{name}` parameters. */
  readonly path: string;
  readonly tag: string;
  readonly summary: string;
  readonly access: Access;
  readonly params?: z.ZodObject;
  readonly query?: z.ZodObject;
  readonly body?: z.ZodType;
  /** The status of success. */
  readonly status: 200 | 201 | 202;
  readonly response: z.ZodType;
};

export const endpoint = <const E extends Endpoint>(spec: E): E => spec;

type In<Schema> = Schema extends z.ZodType ? z.input<Schema> : undefined;

/** What a caller passes for an endpoint. Parts the endpoint does not have are absent. */
export type EndpointInput<E extends Endpoint> = (E['params'] extends z.ZodType
  ? { params: In<E['params']> }
  : { params?: never }) &
  (E['query'] extends z.ZodType ? { query?: In<E['query']> } : { query?: never }) &
  (E['body'] extends z.ZodType ? { body: In<E['body']> } : { body?: never });

/** What the endpoint answers, parsed. */
export type EndpointOutput<E extends Endpoint> = z.output<E['response']>;
