import { AppError, type DispatchAnswer, type Limits } from '@longshore/protocol';
import { signingKey } from '@longshore/protocol/server';
import { type Logger, systemClock } from '@longshore/runtime';
import { beforeEach, expect, it } from 'vitest';
import type { Database } from '../database/open-database.ts';
import { nowMs } from '../database/open-database.ts';
import type { NodePeer } from '../nodes/node-client.ts';
import { deriveMasterKeys } from '../secrets/master-keys.ts';
import { insertNode } from '../store/nodes/node-rows.ts';
import { listUndelivered } from '../store/parts/deliveries.ts';
import { addTask } from '../testing/add-task.ts';
import { addUser } from '../testing/add-user.ts';
import { describeDatabases } from '../testing/test-databases.ts';
import { type DeliveryDeps, deliverAttempts } from './deliver-attempts.ts';
import { createDeliveredMarks, type DeliveredMarks } from './delivered-marks.ts';
import { createNodePresence } from './node-presence.ts';
import { createOutputTickets } from './output-tickets.ts';

const keys = deriveMasterKeys(new Uint8Array(32).fill(7));
const peer: NodePeer = {
  nodeId: crypto.randomUUID(),
  name: 'anna',
  url: 'http://anna:1',
  key: signingKey('the-key-in-use-0123456789'),
  nextKey: null,
  minor: 0,
};

describeDatabases('delivering attempts', (open) => {
  let database: Database;
  let partId: string;
  const presence = createNodePresence(systemClock);

  beforeEach(async () => {
    database = await open();
    presence.reached(peer.nodeId);
    await insertNode(database.db, {
      id: peer.nodeId,
      name: peer.name,
      type: 'slave',
      url: peer.url,
      internal_url: null,
      key_id: peer.key.keyId,
      secret_sealed: '',
      weight: 1,
      enabled: 1,
      capabilities: '[]',
    });
    const task = await addTask(database.db, {
      userId: await addUser(database.db),
      partState: 'leased',
    });
    partId = task.partId;
    await database.db
      .updateTable('parts')
      .set({
        node_id: peer.nodeId,
        delivered: 0,
        work: JSON.stringify({ kind: 'check', seconds: 0, bytes: 0, fail: null }),
        lease_until_ms: nowMs,
      })
      .execute();
    await database.db
      .updateTable('parts')
      .set((eb) => ({ lease_until_ms: eb('lease_until_ms', '+', 60_000) }))
      .execute();
  });

  const deliver = async (
    verdict: DispatchAnswer['results'][number]['verdict'] | AppError,
    used: Database = database,
  ): Promise<DeliveredMarks> => {
    const log = { warn: () => undefined } as unknown as Logger;
    const marks = createDeliveredMarks({ database: used, log });
    const deps = {
      database: used,
      marks,
      client: {
        dispatch: async () => {
          if (verdict instanceof AppError) throw verdict;
          return { results: [{ partId, attempt: 1, verdict, error: null }] };
        },
      },
      keys,
      presence,
      outputs: createOutputTickets({ keys, clock: systemClock, storeId: 'local' }),
      fewSources: async () => new Map(),
      limits: {} as Limits,
      meter: { attemptEnded: () => undefined, waited: () => undefined },
      log,
    } as unknown as DeliveryDeps;
    await deliverAttempts(deps, peer, await listUndelivered(database.db, 10));
    return marks;
  };
  const part = () =>
    database.db
      .selectFrom('parts')
      .select(['state', 'delivered', 'attempt'])
      .where('id', '=', partId)
      .executeTakeFirstOrThrow();

  it.each(['accepted', 'refused'] as const)(
    'D2 an answer "%s" that cannot be written down says nothing about the node, and is asked for again',
    async (verdict) => {
      const away = new Error('the database is away');
      const fail = () => Promise.reject(away);
      const broken: Database = { ...database, transaction: fail, transactionSoon: fail };
      const delivered = deliver(verdict, broken);
      if (verdict === 'refused') await expect(delivered).rejects.toBe(away);
      const marks = await delivered.catch(() => null);
      await expect.poll(() => marks?.has({ partId, attempt: 1 }) ?? false).toBe(false);
      expect(presence.unreachable(peer.nodeId)).toBeNull();
      expect(await part()).toEqual({ state: 'leased', delivered: 0, attempt: 1 });
      await deliver(verdict === 'accepted' ? 'known' : verdict);
      await expect.poll(part).toMatchObject(verdict === 'accepted' ? { delivered: 1 } : { state: 'queued' });
    },
  );

  it('D2 what a node has taken is not sent again before that is written down', async () => {
    const written = Promise.withResolvers<void>();
    const slow: Database = {
      ...database,
      transactionSoon: async (work) => {
        await written.promise;
        return database.transactionSoon(work);
      },
    };
    const marks = await deliver('accepted', slow);
    expect(marks.has({ partId, attempt: 1 })).toBe(true);
    written.resolve();
    await expect.poll(() => marks.has({ partId, attempt: 1 })).toBe(false);
  });

  it('A3 a node that refuses connections is left alone for a while, and its part is queued again', async () => {
    await deliver(new AppError('NODE_REFUSED', 'nobody listens'));
    expect(presence.unreachable(peer.nodeId)).toContain('NODE_REFUSED');
    expect(await part()).toMatchObject({ state: 'queued' });
  });

  it('B2 what may have arrived stays with the node', async () => {
    await deliver(new AppError('NODE_TIMEOUT', 'no answer'));
    expect(presence.unreachable(peer.nodeId)).toContain('NODE_TIMEOUT');
    expect(await part()).toEqual({ state: 'leased', delivered: 0, attempt: 1 });
  });
});
