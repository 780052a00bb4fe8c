import { z } from 'zod';

export const UserName = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._@-]{0,62}$/, 'a name of 1 to 63 letters, digits, ".", "_", "@" or "-"');
export const Password = z.string().min(1).max(1024);
