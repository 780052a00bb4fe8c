import { join } from 'node:path';
import { systemClock } from '@longshore/runtime';
import { openSqlite } from '../../packages/master/src/database/dialects/sqlite.ts';
import { openDatabase } from '../../packages/master/src/database/open-database.ts';
import { spans } from '../../packages/master/src/history/spans.ts';
import { seededRandom } from './seeded-random.ts';

/** Gives a stopped master on SQLite a past: a working day of tasks, and of the nodes that it has. */
export async function seedHistory(dataPath: string): Promise<void> {
  const clock = systemClock;
  const database = await openDatabase(openSqlite({ path: join(dataPath, 'longshore.db'), clock }));
  const { db } = database;
  const random = seededRandom(7);
  try {
    const nodes = await db.selectFrom('nodes').select(['id', 'weight']).execute();
    for (const { stepMs, lengthMs } of Object.values(spans)) {
      const lastMs = Math.floor(Date.now() / stepMs) * stepMs - stepMs;
      const steps = Array.from({ length: lengthMs / stepMs - 1 }, (_, index) => lastMs - index * stepMs);
      for (const atMs of steps) {
        // Quiet at night, with a wave at noon and ripples.
        const hour = (atMs / 3_600_000) % 24;
        const busy = Math.max(
          0.05,
          Math.sin(((hour - 5) / 24) * Math.PI) ** 4 + Math.sin(atMs / 1_700_000) * 0.12,
        );
        const submitted = Math.round(busy * (stepMs / 60_000) * (4 + random() * 5));
        const failed = random() < busy * 0.06 ? 1 : 0;
        const queued = Math.round(busy * random() * 7);
        await db
          .insertInto('task_samples')
          .values({
            step_ms: stepMs,
            at_ms: atMs,
            submitted,
            completed: Math.max(0, submitted - failed),
            failed,
            canceled: random() < 0.02 ? 1 : 0,
            queued,
            running: Math.round(busy * 9 + random() * 2),
            oldest_wait_ms: queued === 0 ? 0 : Math.round(queued * 400 * random()),
          })
          // The master may have written its own of this moment.
          .onConflict((conflict) => conflict.doNothing())
          .execute();
        for (const { id, weight } of nodes) {
          await db
            .insertInto('node_samples')
            .values({
              node_id: id,
              step_ms: stepMs,
              at_ms: atMs,
              online: 1,
              load1: busy * weight * 0.8 + random() * 0.4,
              cores: 4,
              memory_free_bytes: Math.round((10 - busy * 3 - random()) * 2 ** 30),
              memory_total_bytes: 16 * 2 ** 30,
              temp_free_bytes: Math.round((300 - busy * 60 - random() * 9) * 2 ** 30),
              temp_total_bytes: 512 * 2 ** 30,
              running: busy * weight * 2.5 + random(),
              queued: queued / nodes.length,
              skew_ms: 6 + random() * 8,
            })
            .onConflict((conflict) => conflict.doNothing())
            .execute();
        }
      }
    }
  } finally {
    await database.close();
  }
}
