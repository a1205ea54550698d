/** A condition that the database must meet at every instant. */
export interface Invariant {
  /** Stable, for scripts and dashboards. */
  readonly name: string;
  /** The condition in one sentence. */
  readonly holds: string;
}

/** A place where the database violates an invariant. */
export interface Violation {
  /** The invariant's name. */
  readonly invariant: string;
  /** Null if the violation belongs to no call. */
  readonly callId: string | null;
  readonly detail: string;
}

/**
 * An invariant that one query checks. The query selects `call_id` and `detail` of each violation.
 * All queries have the same parameters (see `Bounds`). The runner adds the limit.
 */
export interface QueryInvariant extends Invariant {
  readonly sql: string;
}

/** The parameters of the queries, computed once, since a check may take minutes. */
export interface Bounds {
  /** `$1`: calls created before this are skipped, unless they are active. */
  readonly since: string;
  /** `$2`: the database's time when the snapshot was taken. */
  readonly now: string;
  /** `$3`: calls created after this still have all their events. */
  readonly eventsKeptSince: string;
  /** `$4`: calls that were active after this still exist. */
  readonly callsKeptSince: string;
}

/** The predicate of the claim index, word for word. Otherwise Postgres does not use the index. */
export const ACTIVE_PARTICIPANT = `call_participants.state IN ('invited', 'ringing', 'joining', 'joined', 'reconnecting')`;

export const LIVE_CALL = `calls.state IN ('initiating', 'ringing', 'connecting', 'connected', 'reconnecting')`;

/** Postgres uses two indexes for this: by age, and by state. */
export const IN_SCOPE = `(calls.created_at >= $1 OR ${LIVE_CALL})`;
