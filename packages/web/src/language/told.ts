import type { AttemptEvent, AttemptView, PartView, Task, TestStep } from '@longshore/protocol';
import { fillIn, hintFor, serverWords } from './language.ts';

type TaskError = { code: string; message: string; details?: Record<string, unknown> };

/** What to do about an error. The master's hint is English, and speaks of the command line where the console has something nearer. */
export const hintOf = (error: { code: string; hint: string }): string => hintFor(error.code) ?? error.hint;

/** What went wrong, with what. */
export function messageOf({ code, message, details = {} }: TaskError): string {
  const sentence = serverWords()?.errors[code as keyof Words['errors']];
  if (sentence === undefined) return message;
  const names = namedIn(code, message);
  return `${formThatFits(sentence, details)}${names.length === 0 ? '' : `：${names.join('、')}`}`;
}

type Words = NonNullable<ReturnType<typeof serverWords>>;

/** The same as a sentence, and what to do about it. */
export const explain = (error: TaskError & { hint: string }): string =>
  `${messageOf(error)}${serverWords() === null ? '. ' : '。'}${hintOf(error)}`;

/** The error as a line of a list: code and message. */
export const errorLine = (error: TaskError): string => `${error.code}: ${messageOf(error)}`;

/** What a task is about, in one line. */
export const titleOf = (task: Task): string => serverWords()?.title(task) ?? task.title;

/** Why the node of an attempt was chosen. */
export const placementOf = ({ placement, reason }: AttemptView): string =>
  (placement && serverWords()?.placement(placement)) ?? reason;

/** Why a part waits. Empty when it does not, or nobody has said why. */
export const waitingOf = ({ waiting, waitingFor }: PartView): string =>
  (waiting && serverWords()?.waiting(waiting)) ?? waitingFor ?? '';

/** A line in the timeline of an attempt. */
export const eventOf = (event: AttemptEvent): string => serverWords()?.event(event) ?? event.event;

/** What a step of the communication test has seen. */
export function evidenceOf({ seen, evidence, error, status }: TestStep): string {
  const words = serverWords();
  if (words === null) return evidence;
  const told = seen === null ? null : words.evidence(seen);
  if (error === null) return told ?? evidence;
  return status === 'failed' || told === null ? messageOf(error) : told;
}

/** Messages quote what they are about, name addresses as they are, and begin with the field that is not right. */
function namedIn(code: string, message: string): string[] {
  const field = code === 'BAD_REQUEST' ? /^([\w.]+): /.exec(message)?.[1] : undefined;
  const found = [...message.matchAll(/"((?:[^"]|"(?=\w))+)"|(https?:\/\/[^\s,;)]+?)(?=[\s,;)]|:? |:?$)/g)];
  const names = found.map(([, quoted, address]) => quoted ?? address ?? '');
  return [...new Set(field === undefined ? names : [field, ...names])].slice(0, 4);
}

function formThatFits(sentence: string, details: Record<string, unknown>): string {
  const forms = sentence.split('|');
  const values = Object.fromEntries(
    Object.entries(details).filter((entry): entry is [string, string | number] =>
      ['string', 'number'].includes(typeof entry[1]),
    ),
  );
  const fits = (form: string): boolean =>
    [...form.matchAll(/\{(\w+)\}/g)].every(([, name = '']) => name in values);
  return fillIn(forms.find(fits) ?? forms.at(-1) ?? '', values);
}
