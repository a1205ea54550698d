import type { Queries } from './database.ts';

/**
 * Whether `holder` may do this work for the next `seconds`: if nobody has the lease, if it ran out, or if it is
 * theirs already (which renews it). `holder` names one process.
 */
export async function takeLease(
  db: Queries,
  name: string,
  holder: string,
  seconds: number,
): Promise<boolean> {
  const taken = await db.rows(
    `INSERT INTO leases AS kept (name, holder, expires_at)
     VALUES ($1, $2, ringline_now() + $3 * interval '1 second')
     ON CONFLICT (name) DO UPDATE SET (holder, expires_at) = ROW (excluded.holder, excluded.expires_at)
     WHERE kept.holder = excluded.holder OR kept.expires_at <= ringline_now()
     RETURNING name`,
    [name, holder, seconds],
  );
  return taken.length > 0;
}
