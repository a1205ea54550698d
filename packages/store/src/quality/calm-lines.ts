import { isCalm, type Trend } from '@ringline/domain';
import type { Queries } from '../database.ts';
import { createLineSet, type LineSet } from './line-set.ts';
import type { ScoredSample } from './samples.ts';
import type { Line } from './trends.ts';

/** What other ingesters see of a line is known here so much later at most: its samples are seconds apart. */
const REFRESH_MS = 1000;
/** Of more, all are forgotten, and become known anew. */
const MOST_KNOWN = 200_000;

/** Not `isCalm`, as the index has it. */
const MOVING = `NOT (trend -> 'run' = 'null' AND trend ->> 'level' = 'excellent')`;

/**
 * Which lines are calm: one more excellent sample says nothing new of them, and that is what most samples are. They need
 * neither a lock nor a write, and are not even looked up: for a thousand samples that would cost a third of storing them.
 */
export interface CalmLines {
  /** Which samples may say something new, as things stand. Rejects as the database does. */
  whatIsNews(): Promise<(sample: ScoredSample) => boolean>;
  /** This is how lines go now, and it is committed. */
  note(followed: readonly { line: Line; trend: Trend }[]): Promise<void>;
}

export function createCalmLines(db: Queries): CalmLines {
  /** Lines of which the database has a trend. */
  let known = createLineSet();
  let moving = Promise.resolve(createLineSet());
  let loadedAt = Number.NEGATIVE_INFINITY;

  const load = async (): Promise<LineSet> => {
    const lines = await db.rows<Line>(
      `SELECT call_id AS "callId", user_id AS "userId", direction FROM call_quality_trends
       WHERE ${MOVING}`,
      [],
    );
    return createLineSet(lines);
  };

  /** As all ingesters left them at most a second ago, and as we have since. */
  const movingLines = (): Promise<LineSet> => {
    if (performance.now() - loadedAt < REFRESH_MS) return moving;
    loadedAt = performance.now();
    moving = load();
    moving.catch(() => {
      loadedAt = Number.NEGATIVE_INFINITY;
    });
    return moving;
  };

  return {
    whatIsNews: async () => {
      const now = await movingLines();
      return (sample) => sample.level !== 'excellent' || now.has(sample) || !known.has(sample);
    },
    note: async (followed) => {
      // What cannot be loaded is loaded anew before it is used.
      const now = await moving.catch(() => createLineSet());
      if (known.size() > MOST_KNOWN) known = createLineSet();
      for (const { line, trend } of followed) {
        known.add(line);
        if (isCalm(trend)) now.delete(line);
        else now.add(line);
      }
    },
  };
}
