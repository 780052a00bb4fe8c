import { InvalidArgumentError } from 'commander';
import { z } from 'zod';

/** Option values are parsed where they are typed in: a wrong one is a usage error that names the option. */
export const as =
  <Schema extends z.ZodType>(schema: Schema) =>
  (text: string): z.output<Schema> => {
    const parsed = schema.safeParse(text);
    if (parsed.success) return parsed.data;
    throw new InvalidArgumentError(parsed.error.issues.map(({ message }) => message).join('; '));
  };

/** "a,b" or an option that is given several times. */
export const listOf =
  <Schema extends z.ZodType>(schema: Schema) =>
  (text: string, before: z.output<Schema>[] | undefined): z.output<Schema>[] => {
    const names = text.split(',').map((part) => part.trim());
    return [...(before ?? []), ...names.filter((part) => part !== '').map(as(schema))];
  };

export const wholeNumber = (min: number, max: number) =>
  z.string().regex(/^\d+$/, 'a whole number').transform(Number).pipe(z.int().min(min).max(max));

const sizeUnits: Record<string, number> = { '': 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3, t: 1024 ** 4 };

/** "10GiB", "500M", "1024". Units count by 1024. */
export const Size = z
  .string()
  .regex(/^\d+(\.\d+)?\s*[kmgt]?(i?b)?$/i, 'a size such as 500MiB or 10GiB')
  .transform((text) => {
    const unit = /[kmgt]/i.exec(text)?.[0].toLowerCase() ?? '';
    return Math.round(Number.parseFloat(text) * (sizeUnits[unit] ?? 1));
  });

const timeUnits: Record<string, number> = { s: 1, m: 60, h: 3600, d: 86_400 };

/** "90s", "15m", "12h", "30d", in seconds. */
export const Span = z
  .string()
  .regex(/^\d+\s*[smhd]$/i, 'a span of time such as 90s, 15m, 12h or 30d')
  .transform((text) => Number.parseInt(text, 10) * (timeUnits[text.slice(-1).toLowerCase()] ?? 1));

/** The values of an argument that is given several times, each parsed. */
export const listOfArguments =
  <Schema extends z.ZodType>(schema: Schema) =>
  (text: string, before: z.output<Schema>[] | undefined): z.output<Schema>[] => [
    ...(before ?? []),
    as(schema)(text),
  ];
