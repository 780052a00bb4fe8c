import { AppError } from '@longshore/protocol';
import { equalBytes } from '@longshore/protocol/server';
import type { MasterKeys } from '../../secrets/master-keys.ts';

const purpose = 'zip link';

/** The right to download one zip, for whoever has the link: nothing that is read from the database makes one. */
export const issueZipTicket = (keys: MasterKeys, zipId: string): string =>
  `${zipId}.${keys.digest(purpose, zipId)}`;

/** The id of the zip. Throws `TICKET_INVALID`. */
export function verifyZipTicket(keys: MasterKeys, ticket: string): string {
  const zipId = ticket.slice(0, ticket.indexOf('.'));
  if (equalBytes(ticket, issueZipTicket(keys, zipId))) return zipId;
  throw new AppError('TICKET_INVALID', 'the link to the zip is not complete, or not of this master');
}
