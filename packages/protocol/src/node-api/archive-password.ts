import { z } from 'zod';

/**
 * The password of an archive: encrypted with what master and slave share, or as plain text, which is all that peers
 * of protocol 1.0 know. They refuse the encrypted form, so that none of them makes an archive without its password.
 */
export const ArchivePassword = z.union([z.string().max(1024), z.object({ sealed: z.base64url().max(8192) })]);
export type ArchivePassword = z.infer<typeof ArchivePassword>;
