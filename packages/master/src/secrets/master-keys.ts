import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto';
import { AppError } from '@longshore/protocol';
import { type TicketKey, ticketKey } from '@longshore/protocol/server';

/** Everything that is derived from the one master key. The master key itself is used for nothing else. */
export type MasterKeys = {
  /** Signs session tokens. */
  readonly session: Uint8Array;
  ticket(storeId: string): TicketKey;
  /** Encrypts a short text for the database (AES-256-GCM). `purpose` is authenticated with it. */
  seal(purpose: string, text: string): string;
  /** Throws `INTERNAL` when the text was sealed with another key or for another purpose. */
  unseal(purpose: string, sealed: string): string;
  /** Equal for equal texts of a purpose; without the master key nobody can find out which text it was. */
  digest(purpose: string, text: string): string;
  /** Equal for equal master keys and says nothing about them: kept in the database to refuse a different key. */
  readonly fingerprint: string;
};

export function deriveMasterKeys(masterKey: Uint8Array): MasterKeys {
  const derive = (purpose: string): Buffer =>
    createHmac('sha256', masterKey).update(`longshore ${purpose}`).digest();
  const sealing = derive('sealing');
  const ticketSecret = derive('tickets').toString('hex');
  const tickets = new Map<string, TicketKey>();
  const digestKeys = new Map<string, Buffer>();
  return {
    session: derive('session'),
    ticket: (storeId) => {
      const known = tickets.get(storeId) ?? ticketKey(ticketSecret, storeId);
      tickets.set(storeId, known);
      return known;
    },
    fingerprint: derive('fingerprint').toString('hex').slice(0, 32),
    digest: (purpose, text) => {
      const key = digestKeys.get(purpose) ?? derive(`digest ${purpose}`);
      digestKeys.set(purpose, key);
      return createHmac('sha256', key).update(text).digest('hex');
    },
    seal: (purpose, text) => {
      const iv = randomBytes(12);
      const cipher = createCipheriv('aes-256-gcm', sealing, iv).setAAD(Buffer.from(purpose));
      const bytes = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
      return Buffer.concat([iv, cipher.getAuthTag(), bytes]).toString('base64url');
    },
    unseal: (purpose, sealed) => {
      const bytes = Buffer.from(sealed, 'base64url');
      try {
        const decipher = createDecipheriv('aes-256-gcm', sealing, bytes.subarray(0, 12));
        decipher.setAAD(Buffer.from(purpose)).setAuthTag(bytes.subarray(12, 28));
        return Buffer.concat([decipher.update(bytes.subarray(28)), decipher.final()]).toString('utf8');
      } catch (cause) {
        throw new AppError('INTERNAL', `the stored ${purpose} was encrypted with another master key`, {
          cause,
        });
      }
    },
  };
}
