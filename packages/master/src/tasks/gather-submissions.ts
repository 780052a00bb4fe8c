import type { Accepted, Submission } from './submit-task.ts';

type Accept = (submissions: readonly Submission[]) => Promise<Accepted[]>;

type Waiting = {
  readonly submission: Submission;
  readonly resolve: (accepted: Accepted) => void;
  readonly reject: (error: unknown) => void;
};

/** Of many more the last would wait long for the first. */
const mostTogether = 250;
/** What waits this long for those before it is accepted beside them: these may wait for a lock of somebody else. */
const patienceMs = 50;

/**
 * Accepts submissions that come one by one together with those that come at the same time, or while others are being
 * accepted: they cost the statements of one. One that breaks something takes no other with it; when the database is lost,
 * it may have committed all of them, and whoever asked must ask again.
 */
export function gatherSubmissions(
  accept: Accept,
  isUnavailable: (error: unknown) => boolean,
): (submission: Submission) => Promise<Accepted> {
  const waiting: Waiting[] = [];
  let underWay = 0;
  let soon: NodeJS.Immediate | undefined;
  let atTheLatest: NodeJS.Timeout | undefined;

  const acceptAlone = async ({ submission, resolve, reject }: Waiting): Promise<void> => {
    try {
      const [accepted] = await accept([submission]);
      if (accepted === undefined) throw new RangeError('one submission has one outcome');
      resolve(accepted);
    } catch (error) {
      reject(error);
    }
  };

  const acceptTogether = async (some: readonly Waiting[]): Promise<void> => {
    try {
      const accepted = await accept(some.map(({ submission }) => submission));
      for (const [at, outcome] of accepted.entries()) some[at]?.resolve(outcome);
    } catch (error) {
      if (isUnavailable(error)) for (const { reject } of some) reject(error);
      else await Promise.all(some.map(acceptAlone));
    }
  };

  const beginNow = (): void => void begin();
  const begin = async (): Promise<void> => {
    clearImmediate(soon);
    clearTimeout(atTheLatest);
    soon = undefined;
    atTheLatest = undefined;
    const some = waiting.splice(0, mostTogether);
    underWay += 1;
    if (waiting.length > 0) plan();
    if (some.length === 1) await Promise.all(some.map(acceptAlone));
    else await acceptTogether(some);
    underWay -= 1;
    if (waiting.length > 0) soon ??= setImmediate(beginNow);
  };

  function plan(): void {
    if (underWay === 0) soon ??= setImmediate(beginNow);
    else atTheLatest ??= setTimeout(beginNow, patienceMs);
  }

  return (submission) =>
    new Promise((resolve, reject) => {
      waiting.push({ submission, resolve, reject });
      plan();
    });
}
