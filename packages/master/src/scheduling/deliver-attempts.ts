import {
  AppError,
  type Attempt,
  type ErrorInfo,
  errorCatalogue,
  isErrorCode,
  type Limits,
  PartId,
  type SourcePage,
  TaskId,
  toAppError,
  toErrorInfo,
  Work,
} from '@longshore/protocol';
import { type Logger, startSpan, type TracedStep } from '@longshore/runtime';
import type { Database } from '../database/open-database.ts';
import type { TaskMeter } from '../metrics/task-meter.ts';
import type { NodeClient, NodePeer } from '../nodes/node-client.ts';
import type { MasterKeys } from '../secrets/master-keys.ts';
import type { Undelivered } from '../store/parts/deliveries.ts';
import { requeuePart } from '../store/parts/requeue.ts';
import { attemptLimits } from './attempt-limits.ts';
import type { DeliveredMarks } from './delivered-marks.ts';
import type { NodePresence } from './node-presence.ts';
import type { OutputTickets } from './output-tickets.ts';

export type DeliveryDeps = {
  database: Database;
  client: NodeClient;
  keys: MasterKeys;
  presence: NodePresence;
  marks: DeliveredMarks;
  outputs: OutputTickets;
  /** The sources of the tasks that have only a few. */
  fewSources: (taskIds: readonly string[]) => Promise<ReadonlyMap<string, SourcePage>>;
  limits: Limits;
  meter: Pick<TaskMeter, 'attemptEnded' | 'waited'>;
  log: Logger;
};

/** Errors after which it is uncertain whether the node has the attempts: they are sent again, never moved. */
const uncertain = ['NODE_TIMEOUT', 'NODE_DISCONNECTED'];

/**
 * Sends leased attempts to their node. What certainly did not arrive is queued again at once and costs no retry;
 * what may have arrived is sent again while the lease lasts, which the node answers with `known`.
 */
export async function deliverAttempts(
  deps: DeliveryDeps,
  peer: NodePeer,
  parts: Undelivered[],
): Promise<void> {
  const { client, presence, log } = deps;
  const readingAll = parts.filter(readsAllSources);
  const sources = await deps.fewSources([...new Set(readingAll.map((part) => part.taskId))]);
  const spans = parts.map((part) => dispatchSpan(peer, part));
  const attempts = parts.map((part, at) =>
    toAttempt(deps, part, {
      sources: sources.get(part.taskId) ?? null,
      traceparent: spans[at]?.traceparent ?? null,
    }),
  );
  const sent = await client.dispatch(peer, attempts).then(
    (answer) => ({ answer, error: null }),
    (thrown: unknown) => ({ answer: null, error: toAppError(thrown, 'NODE_DISCONNECTED') }),
  );
  for (const span of spans) span.end(sent.error ?? undefined);
  if (sent.error !== null) {
    const { error } = sent;
    presence.notReached(peer.nodeId, error);
    log.warn({ nodeId: peer.nodeId, code: error.code, parts: parts.length }, 'attempts not delivered');
    if (uncertain.includes(error.code)) return;
    for (const part of parts) {
      await requeue(deps, part, { state: 'undelivered', error: toErrorInfo(error), avoid: part.avoid });
    }
    return;
  }
  presence.reached(peer.nodeId);
  const { results } = sent.answer;
  deps.marks.mark(
    results.flatMap(({ verdict, partId, attempt }) => (verdict === 'refused' ? [] : [{ partId, attempt }])),
  );
  const byId = new Map(parts.map((part) => [part.partId, part]));
  for (const result of results) {
    const part = byId.get(result.partId);
    if (result.verdict === 'refused' && part !== undefined) await takeBack(deps, peer, part, result.error);
  }
}

/** Pieces of an archive are made of a share of the sources, and joined from none of them. */
const readsAllSources = ({ capability }: Undelivered): boolean => capability !== 'join-archive';

async function takeBack(
  deps: DeliveryDeps,
  peer: NodePeer,
  part: Undelivered,
  error: ErrorInfo | null,
): Promise<void> {
  const reason =
    error ?? toErrorInfo(new AppError('NODE_DISCONNECTED', `"${peer.name}" refused the attempt`));
  const ownFault = isErrorCode(reason.code) && errorCatalogue[reason.code].blame === 'node';
  const avoid = ownFault ? [...part.avoid.filter((id) => id !== peer.nodeId), peer.nodeId] : part.avoid;
  await requeue(deps, part, { state: 'returned', error: reason, avoid });
}

async function requeue(
  { database, meter }: DeliveryDeps,
  part: Undelivered,
  end: { state: 'undelivered' | 'returned'; error: ErrorInfo; avoid: readonly string[] },
): Promise<void> {
  const taken = await database.transaction((tx) =>
    requeuePart(tx, {
      part: { id: part.partId, attempt: part.attempt },
      ...end,
      countsAsLost: false,
      delayMs: 500,
      onlyExpired: false,
    }),
  );
  if (taken) meter.attemptEnded({ nodeId: part.nodeId, outcome: end.state, code: end.error.code });
}

const dispatchSpan = (peer: NodePeer, part: Undelivered): TracedStep =>
  startSpan({
    name: 'dispatch attempt',
    parent: part.traceparent,
    attributes: {
      'longshore.task.id': part.taskId,
      'longshore.part.id': part.partId,
      'longshore.attempt': part.attempt,
      'longshore.node.name': peer.name,
    },
  });

function toAttempt(
  deps: DeliveryDeps,
  part: Undelivered,
  { sources, traceparent }: Pick<Attempt, 'sources' | 'traceparent'>,
): Attempt {
  const stored = JSON.parse(part.work) as Record<string, unknown>;
  const password =
    part.passwordSealed === null ? null : deps.keys.unseal('archive password', part.passwordSealed);
  const work = Work.parse({ ...stored, password });
  const partId = PartId.parse(part.partId);
  const limits = attemptLimits(deps.limits, part.allowance, work.kind);
  return {
    partId,
    taskId: TaskId.parse(part.taskId),
    attempt: part.attempt,
    requestId: part.requestId,
    traceparent,
    work,
    limits,
    output: deps.outputs.issue({ partId, attempt: part.attempt, maxBytes: limits.maxOutputBytes }),
    sources,
    leaseMs: Math.max(0, Math.round(part.leaseLeftMs)),
  };
}
