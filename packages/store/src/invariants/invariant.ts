/** Something that must hold of the database at every instant. */
export interface Invariant {
  /** Stable, for scripts and dashboards. */
  readonly name: string;
  /** One sentence. */
  readonly holds: string;
}

/** A place where an invariant does not hold. */
export interface Violation {
  /** The invariant's name. */
  readonly invariant: string;
  /** null where no call is known for it. */
  readonly callId: string | null;
  readonly detail: string;
}

/**
 * An invariant that one statement can check: it selects `call_id` and `detail` of each violation. Its parameters are
 * the same for all of them (see `Bounds`); the runner adds the limit.
 */
export interface QueryInvariant extends Invariant {
  readonly sql: string;
}

/** What queries compare with. All are computed once, so that a check that takes minutes does not age what it reads. */
export interface Bounds {
  /** `$1`: calls created before this are left alone, unless they are live. */
  readonly since: string;
  /** `$2`: the database's time when the snapshot was taken. */
  readonly now: string;
  /** `$3`: calls created after this still have all their events. */
  readonly eventsKeptSince: string;
  /** `$4`: calls that were live after this still exist. */
  readonly callsKeptSince: string;
}

/** The predicate of the claim index, word for word, so that the index answers it. */
export const ACTIVE_PARTICIPANT = `call_participants.state IN ('invited', 'ringing', 'joining', 'joined', 'reconnecting')`;

export const LIVE_CALL = `calls.state IN ('initiating', 'ringing', 'connecting', 'connected', 'reconnecting')`;

/** Two indices answer this: by age, and by state. */
export const IN_SCOPE = `(calls.created_at >= $1 OR ${LIVE_CALL})`;
