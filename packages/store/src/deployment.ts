import { randomBytes } from 'node:crypto';
import type { Queries } from './database.ts';

/** The id that the database keeps. Made by the first process that asks; of several at once, all get the same one. */
async function keptId(db: Queries): Promise<string> {
  const kept = async () => (await db.rows<{ id: string }>('SELECT id FROM deployment'))[0]?.id;
  const before = await kept();
  if (before !== undefined) return before;
  const id = randomBytes(6).toString('hex');
  await db.run('INSERT INTO deployment (id) VALUES ($1) ON CONFLICT DO NOTHING', [id]);
  return (await kept()) ?? id;
}

/** Names this deployment. Asks the database once, and again only after a failure; `given` takes precedence. */
export function createDeploymentId(db: Queries, given: string | null): () => Promise<string> {
  let known: Promise<string> | null = given === null ? null : Promise.resolve(given);
  return () => {
    known ??= keptId(db).catch((error: unknown) => {
      known = null;
      throw error;
    });
    return known;
  };
}
