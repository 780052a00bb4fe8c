import { type NodeId, nodes } from '@longshore/protocol';
import { signingKey } from '@longshore/protocol/server';
import { expect, it } from 'vitest';
import { deriveMasterKeys } from '../secrets/master-keys.ts';
import { findNode } from '../store/nodes/node-rows.ts';
import { testActor } from '../testing/test-actor.ts';
import { describeDatabases } from '../testing/test-databases.ts';
import { createNodeRegistry } from './registry.ts';

describeDatabases('N8 the keys of a node', (open) => {
  async function setUp() {
    const database = await open();
    const registry = createNodeRegistry({
      database,
      keys: deriveMasterKeys(new Uint8Array(32).fill(7)),
      heartbeatMs: 5_000,
      masterUrl: () => 'http://127.0.0.1:5212',
      changed: () => undefined,
    });
    const input = nodes.createNode.body.parse({ name: 'shed', url: 'http://127.0.0.1:5213' });
    const first = await registry.create(input, testActor);
    const rotate = (overlapSeconds: number | null = null) =>
      registry.rotateKey('shed', { overlapSeconds }, testActor);
    /** Which of these secrets the master accepts. */
    const accepted = async (...secrets: string[]) => {
      const found = await Promise.all(secrets.map((secret) => registry.findKey(signingKey(secret).keyId)));
      return found.map((key) => key !== undefined);
    };
    /** The secrets that the master itself signs with. */
    const outgoing = async () => {
      const row = await findNode(database.db, first.node.id);
      if (row === undefined) throw new RangeError('the node was created');
      const { key, nextKey } = registry.keysOf(row);
      return [key.secret, nextKey?.secret ?? null];
    };
    const use = async (secret: string) => {
      const key = await registry.findKey(signingKey(secret).keyId);
      if (key?.replacesAnother) await registry.keyUsed(key);
    };
    return {
      registry,
      first: first.secret,
      nodeId: first.node.id as NodeId,
      rotate,
      accepted,
      outgoing,
      use,
    };
  }

  it('both are accepted until the new one is used, and the master uses the one the node has', async () => {
    const { registry, first, rotate, accepted, outgoing, use } = await setUp();
    const { secret, node, confIni } = await rotate();
    expect(node.oldKey).toEqual({ untilMs: null });
    expect(confIni).toContain(`Secret = ${secret}`);
    expect(await accepted(first, secret)).toEqual([true, true]);
    expect(await outgoing()).toEqual([first, secret]);
    await use(first);
    expect(await accepted(first, secret)).toEqual([true, true]);
    await use(secret);
    expect(await accepted(first, secret)).toEqual([false, true]);
    expect(await outgoing()).toEqual([secret, null]);
    expect((await registry.show('shed')).oldKey).toBeNull();
  });

  it('rotated twice before the node has seen either: the one that it uses stays, the one between is gone', async () => {
    const { first, rotate, accepted } = await setUp();
    const between = await rotate();
    const last = await rotate();
    expect(await accepted(first, between.secret, last.secret)).toEqual([true, false, true]);
  });

  it('a key that was used late does not end a rotation that began since', async () => {
    const { registry, first, nodeId, rotate, accepted } = await setUp();
    const between = await rotate();
    const last = await rotate();
    await registry.keyUsed({ nodeId, keyId: signingKey(between.secret).keyId });
    expect(await accepted(first, last.secret)).toEqual([true, true]);
  });

  it('F8 revoked is refused at once: without an overlap, or when the overlap is ended', async () => {
    const { registry, first, rotate, accepted, outgoing } = await setUp();
    const second = await rotate(0);
    expect(await accepted(first, second.secret)).toEqual([false, true]);
    expect(await outgoing()).toEqual([second.secret, null]);
    const third = await rotate();
    expect((await registry.revokeOldKey('shed', testActor)).oldKey).toBeNull();
    expect(await accepted(second.secret, third.secret)).toEqual([false, true]);
  });

  it('an overlap with a limit ends by itself', async () => {
    const { first, rotate, accepted, outgoing } = await setUp();
    const second = await rotate(1);
    expect(await accepted(first, second.secret)).toEqual([true, true]);
    await expect.poll(() => accepted(first, second.secret), { timeout: 5_000 }).toEqual([false, true]);
    expect(await outgoing()).toEqual([second.secret, null]);
    // What ran out is not the key in use any more.
    const third = await rotate();
    expect(await accepted(first, second.secret, third.secret)).toEqual([false, true, true]);
  });
});
