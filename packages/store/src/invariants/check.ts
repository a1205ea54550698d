import type { Instant } from '@ringline/domain';
import { toIso } from '../instants.ts';
import type { Retention } from '../retention.ts';
import { type CallInvariant, callInvariants } from './call-invariants.ts';
import { eventInvariants } from './events.ts';
import type { Bounds, Invariant, QueryInvariant, Violation } from './invariant.ts';
import { invitationInvariants } from './invitations.ts';
import { leftoverInvariants } from './leftovers.ts';
import { participantInvariants } from './participants.ts';
import { type Snapshot, withSnapshot } from './snapshot.ts';
import { storedCalls } from './stored-calls.ts';

export interface InvariantOptions {
  /** Checks only calls created in the last hours, and active calls. All calls by default. */
  readonly sinceHours?: number;
  /** The most violations to list for each invariant. All are counted. */
  readonly limit: number;
  /** The cleanup worker may have deleted rows that are older. */
  readonly retention: Retention;
}

export interface CheckedInvariant extends Invariant {
  /** The number of violations, listed or not. */
  readonly found: number;
}

export interface InvariantReport {
  readonly checked: readonly CheckedInvariant[];
  readonly violations: readonly Violation[];
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

const queryInvariants: readonly QueryInvariant[] = [
  ...participantInvariants,
  ...invitationInvariants,
  ...eventInvariants,
  ...leftoverInvariants,
];

function boundsAt(now: Instant, { sinceHours, retention }: InvariantOptions): Bounds {
  return {
    since: sinceHours === undefined ? '-infinity' : toIso(now - sinceHours * HOUR_MS),
    now: toIso(now),
    eventsKeptSince: toIso(now - retention.eventDays * DAY_MS),
    callsKeptSince: toIso(now - retention.callDays * DAY_MS),
  };
}

/**
 * The WHERE condition is always true. It gives a type to parameters that the query does not use.
 */
async function runQuery(
  { rows }: Snapshot,
  { name, holds, sql }: QueryInvariant,
  { since, now, eventsKeptSince, callsKeptSince }: Bounds,
  limit: number,
): Promise<InvariantReport> {
  const found = await rows<{ callId: string | null; detail: string; found: number }>(
    `SELECT call_id AS "callId", detail, (count(*) OVER ())::integer AS found
     FROM (${sql}) AS violation
     WHERE num_nulls($1::timestamptz, $2::timestamptz, $3::timestamptz, $4::timestamptz) = 0
     LIMIT $5`,
    [since, now, eventsKeptSince, callsKeptSince, limit],
  );
  return {
    checked: [{ name, holds, found: found[0]?.found ?? 0 }],
    violations: found.map(({ callId, detail }) => ({ invariant: name, callId, detail })),
  };
}

async function runOnCalls(
  snapshot: Snapshot,
  invariants: readonly CallInvariant[],
  bounds: Bounds,
  limit: number,
): Promise<InvariantReport> {
  const found = new Map(invariants.map(({ name }) => [name, 0]));
  const violations: Violation[] = [];
  for await (const page of storedCalls(snapshot, bounds)) {
    for (const stored of page) {
      for (const { name: invariant, violations: violationsOf } of invariants) {
        const before = found.get(invariant) ?? 0;
        const details = violationsOf(stored, snapshot.now);
        found.set(invariant, before + details.length);
        for (const detail of details.slice(0, Math.max(0, limit - before))) {
          violations.push({ invariant, callId: stored.call.id, detail });
        }
      }
    }
  }
  const checked = invariants.map(({ name, holds }) => ({
    name,
    holds,
    found: found.get(name) ?? 0,
  }));
  return { checked, violations };
}

/**
 * Checks the invariants of the database in one read-only snapshot. Rejects if Postgres does not
 * answer, or takes longer than a minute for one of them.
 */
export function checkDatabase(
  databaseUrl: string,
  options: InvariantOptions,
  moreCallInvariants: readonly CallInvariant[] = [],
): Promise<InvariantReport> {
  const { limit } = options;
  return withSnapshot(databaseUrl, async (snapshot) => {
    const bounds = boundsAt(snapshot.now, options);
    const reports: InvariantReport[] = [];
    for (const invariant of queryInvariants) {
      reports.push(await runQuery(snapshot, invariant, bounds, limit));
    }
    const onCalls = [...callInvariants, ...moreCallInvariants];
    reports.push(await runOnCalls(snapshot, onCalls, bounds, limit));
    return {
      checked: reports.flatMap(({ checked }) => checked),
      violations: reports.flatMap(({ violations }) => violations),
    };
  });
}
