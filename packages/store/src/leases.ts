import type { Queries } from './database.ts';
import { statement } from './statement.ts';

const TAKE_LEASE = statement(
  'take_lease',
  `INSERT INTO leases AS stored (name, holder, expires_at)
   VALUES ($1, $2, ringline_now() + $3 * interval '1 second')
   ON CONFLICT (name) DO UPDATE SET (holder, expires_at) = ROW (excluded.holder, excluded.expires_at)
   WHERE stored.holder = excluded.holder OR stored.expires_at <= ringline_now()
   RETURNING name`,
);

/**
 * Takes the lease for the next `seconds` if it is free, expired or already owned by `owner`.
 * Returns whether `owner`, which identifies a process, has it.
 */
export async function takeLease(
  db: Queries,
  name: string,
  owner: string,
  seconds: number,
): Promise<boolean> {
  const taken = await db.rows(TAKE_LEASE, [name, owner, seconds]);
  return taken.length > 0;
}
