import type { z } from 'zod';
import { CommandError } from '../errors/command-error.ts';
import { parseJson } from './answered-error.ts';
import { toReachError } from './to-reach-error.ts';

/** The documents of an `application/x-ndjson` answer, each as soon as its line is complete. */
export async function* readLines<Schema extends z.ZodType>(
  response: Response,
  schema: Schema,
  url: string,
): AsyncGenerator<z.output<Schema>> {
  const parse = (line: string): z.output<Schema> => {
    const parsed = schema.safeParse(parseJson(line));
    if (parsed.success) return parsed.data;
    throw CommandError.local('NOT_A_MASTER', `${url} answered a line that this version does not understand`, {
      cause: parsed.error,
    });
  };
  let rest = '';
  try {
    for await (const text of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
      const lines = `${rest}${text}`.split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) if (line.trim() !== '') yield parse(line);
    }
  } catch (error) {
    throw toReachError(error, url);
  }
  if (rest.trim() !== '') yield parse(rest);
}
