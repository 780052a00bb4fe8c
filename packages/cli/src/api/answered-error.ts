import { ErrorBody } from '@longshore/protocol';
import { CommandError } from '../errors/command-error.ts';

/** What an answer of 400 or more means. Bodies that are not Longshore's come from a proxy or another program. */
export function answeredError(answer: { status: number; text: string; url: string }): CommandError {
  const body = ErrorBody.safeParse(parseJson(answer.text));
  if (body.success) return CommandError.answered(body.data, answer.status);
  const seen = `${answer.url} answered ${answer.status} without saying why`;
  if (answer.status >= 502 && answer.status <= 504) {
    return CommandError.local('MASTER_UNREACHABLE', seen, {
      hint: 'A proxy answers, but it does not reach the master; check that the master runs.',
    });
  }
  return CommandError.local('NOT_A_MASTER', seen, {
    details: { status: answer.status, body: answer.text.slice(0, 200) },
  });
}

export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
