import { setTimeout as sleep } from 'node:timers/promises';
import type { Ledger } from './ledger.ts';
import type { World } from './world.ts';

const LOOK_EVERY_MS = 1000;
const LATE_MS = 5000;

interface Overdue {
  readonly id: string;
  readonly state: string;
  readonly lateMs: number;
}

/**
 * Looks for overdue calls throughout the run, because a call that ends late carries the time of its
 * deadline, and shows nothing afterwards. `mayWaitUntil` is the `Date.now()` from which deadlines
 * can be met again; Infinity until then.
 */
export async function watchDeadlines(
  world: World,
  ledger: Ledger,
  mayWaitUntil: () => number,
  stopping: AbortSignal,
): Promise<void> {
  const reported = new Set<string>();
  while (!stopping.aborted) {
    await sleep(LOOK_EVERY_MS);
    const overdue = await overdueCalls(world);
    const couldBeMetForMs = Date.now() - mayWaitUntil();
    if (couldBeMetForMs <= LATE_MS) continue;
    for (const { id, state, lateMs } of overdue) {
      if (reported.has(id)) continue;
      reported.add(id);
      ledger.violate({
        invariant: 'deadlines-are-met-within-five-seconds',
        callId: id,
        detail: `${state}, and ${lateMs} ms late`,
      });
    }
  }
}

/** Returns none if Postgres does not answer: the checks after the fault find them. */
async function overdueCalls(world: World): Promise<Overdue[]> {
  const query = world.rows<Overdue>(
    `SELECT id, state, round(extract(epoch FROM ringline_now() - next_due_at) * 1000)::integer AS "lateMs"
     FROM calls WHERE next_due_at < ringline_now() - $1 * interval '1 millisecond'`,
    [LATE_MS],
  );
  return query.catch(() => []);
}
