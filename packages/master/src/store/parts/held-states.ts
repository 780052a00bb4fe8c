import { type RawBuilder, sql } from 'kysely';

/**
 * The states in which a node holds a part, as literals in the text of the query: both databases choose a partial
 * index only by what stands in the text, never by a parameter.
 */
export const isHeld: RawBuilder<boolean> = sql`parts.state in ('leased', 'running', 'waiting')`;
