import type { HttpBindings } from '@hono/node-server';
import type { Role, TokenAccess, UserId } from '@longshore/protocol';

/** Who is calling, as found by `authenticateUser`. */
export type Caller = {
  readonly userId: UserId;
  readonly userName: string;
  readonly role: Role;
  /** The session to end on logout; null for an API token. */
  readonly sessionId: string | null;
  /** `read` for an API token that may change nothing. */
  readonly access: TokenAccess;
};

export type HttpEnv = {
  Bindings: HttpBindings;
  Variables: { requestId: string; address: string; caller: Caller | undefined };
};
