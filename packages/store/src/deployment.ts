import { randomBytes } from 'node:crypto';
import type { Queries } from './database.ts';
import { statement } from './statement.ts';

const INSERT_ID = statement(
  'insert_deployment',
  'INSERT INTO deployment (id) VALUES ($1) ON CONFLICT DO NOTHING',
);

async function readId(db: Queries): Promise<string | undefined> {
  const [row] = await db.rows<{ id: string }>('SELECT id FROM deployment');
  return row?.id;
}

/** The first process generates the id. Concurrent processes get the same one. */
async function readOrCreateId(db: Queries): Promise<string> {
  const stored = await readId(db);
  if (stored !== undefined) return stored;
  const id = randomBytes(6).toString('hex');
  await db.run(INSERT_ID, [id]);
  return (await readId(db)) ?? id;
}

/**
 * Returns `given`, or else the id in the database, which is read once, and again after a failure.
 */
export function createDeploymentId(db: Queries, given: string | null): () => Promise<string> {
  let known: Promise<string> | null = given === null ? null : Promise.resolve(given);
  return () => {
    known ??= readOrCreateId(db).catch((error: unknown) => {
      known = null;
      throw error;
    });
    return known;
  };
}
