import type { CallEvent } from '@ringline/contract';
import {
  type Call,
  getDurationSeconds,
  getNextDueAt,
  getOutcome,
  type Instant,
  isTerminal,
} from '@ringline/domain';
import { toInstant, toIso } from '../instants.ts';
import type { CallRow, ParticipantRow } from '../rows.ts';
import type { Invariant } from './invariant.ts';

/** A call with its rows. */
export interface StoredCall {
  readonly call: Call;
  readonly row: CallRow;
  readonly participants: readonly ParticipantRow[];
  /** In the order of `seq`; null where retention may have deleted some. */
  readonly events: readonly CallEvent[] | null;
}

/** An invariant of one call, checked with the rules of the domain rather than with SQL. */
export interface CallInvariant extends Invariant {
  /** Returns the detail of each violation. Pure. */
  violations(stored: StoredCall, now: Instant): string[];
}

const OVERDUE_MS = 5000;

const actsOnTime: CallInvariant = {
  name: 'deadlines-are-met-within-five-seconds',
  holds: 'No active call has a deadline that passed more than five seconds ago.',
  violations({ call }, now) {
    const dueAt = getNextDueAt(call);
    if (dueAt === null || dueAt + OVERDUE_MS >= now) return [];
    return [`${call.state}, due since ${toIso(dueAt)}, which is ${now - dueAt} ms`];
  },
};

const hasDeadline: CallInvariant = {
  name: 'live-call-has-a-deadline',
  holds: 'Every active call has a deadline ahead, so it cannot stay forever.',
  violations: ({ call }) =>
    !isTerminal(call) && getNextDueAt(call) === null ? [`${call.state}, with no deadline`] : [],
};

function shown(value: string | number | null): string {
  return String(value);
}

/** Postgres writes ISO 8601 in another form. */
function normalize(iso: string | null): string | null {
  return toIso(toInstant(iso));
}

const isDerived: CallInvariant = {
  name: 'derived-columns-are-right',
  holds:
    'next_due_at, duration_seconds, outcome and call_created_at are what the domain computes from the call.',
  violations({ call, row, participants }) {
    const columns: [name: string, actual: string | number | null, right: string | number | null][] =
      [
        ['next_due_at', normalize(row.next_due_at), toIso(getNextDueAt(call))],
        ['duration_seconds', row.duration_seconds, getDurationSeconds(call)],
      ];
    for (const { user_id, outcome, call_created_at } of participants) {
      columns.push(
        [`outcome of ${user_id}`, outcome, getOutcome(call, user_id)],
        [`call_created_at of ${user_id}`, normalize(call_created_at), toIso(call.createdAt)],
      );
    }
    return columns
      .filter(([, actual, right]) => actual !== right)
      .map(([name, actual, right]) => `${name} is ${shown(actual)}, and should be ${shown(right)}`);
  },
};

export const callInvariants: readonly CallInvariant[] = [actsOnTime, hasDeadline, isDerived];
