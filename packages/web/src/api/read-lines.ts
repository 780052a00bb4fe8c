import type { z } from 'zod';
import { parseJson, toApiError } from './api-error.ts';

/** The documents of an `application/x-ndjson` answer, each as soon as its line is complete. */
export async function* readLines<Schema extends z.ZodType>(
  response: Response,
  schema: Schema,
): AsyncGenerator<z.output<Schema>> {
  const reader = (response.body ?? new Blob([]).stream()).pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  for (;;) {
    const { done, value } = await reader.read().catch((thrown: unknown) => {
      throw toApiError(thrown);
    });
    const lines = `${rest}${value ?? ''}`.split('\n');
    rest = done ? '' : (lines.pop() ?? '');
    for (const line of lines) if (line.trim() !== '') yield schema.parse(parseJson(line));
    if (done) return;
  }
}
