import type { ErrorCode } from '@longshore/protocol';

/** What there are hints for: errors of the catalogue, and those that the console finds by itself. */
export type HintCode = ErrorCode | 'MASTER_UNREACHABLE' | 'NOT_A_MASTER' | 'OTHER_VERSION';
