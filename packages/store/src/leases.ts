import type { Queries } from './database.ts';
import { statement } from './statement.ts';

const TAKE_LEASE = statement(
  'take_lease',
  `INSERT INTO leases AS kept (name, holder, expires_at)
   VALUES ($1, $2, ringline_now() + $3 * interval '1 second')
   ON CONFLICT (name) DO UPDATE SET (holder, expires_at) = ROW (excluded.holder, excluded.expires_at)
   WHERE kept.holder = excluded.holder OR kept.expires_at <= ringline_now()
   RETURNING name`,
);

/**
 * Whether `owner`, which names one process, may do this work for the next `seconds`: the lease is free, has expired, or is its
 * own, which renews it.
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
