import type { AppError, Evidence } from '@longshore/protocol';

/** What a step has seen; with a warning when it works, but not as it should. */
export type Seen = { readonly evidence: string; readonly seen: Evidence; readonly warning?: AppError };
