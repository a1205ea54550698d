import { checkInvariants } from '@ringline/engine';
import { silentLogger as logger } from '@ringline/testing/silent-logger';
import type { Check, Evidence, Look } from './check.ts';

const RETENTION = { eventDays: 30, callDays: 365 };

/** A violation that is found twice, this far apart, is no request in progress. */
const ROOMS_LAG_MS = 2500;

const OVERDUE = 'deadlines-are-met-within-five-seconds';
const UNSENT = 'outbox-is-sent-within-ten-seconds';

/** These may be violated for a while after a fault; all others never. */
const PASSING = [OVERDUE, UNSENT];

function lookAt({ world }: Evidence, isMeant: (invariant: string) => boolean): Look {
  return async () => {
    const report = await checkInvariants(world.postgres.url, { retention: RETENTION, logger });
    return report.violations.filter(({ invariant }) => isMeant(invariant));
  };
}

export const storedCallsAreSound: Check = {
  name: 'stored-calls-are-sound',
  // A violation stays; Postgres may need a moment to answer.
  withinMs: 5000,
  begin: async (evidence) => lookAt(evidence, (invariant) => !PASSING.includes(invariant)),
};

export const deadlinesAreMet: Check = {
  name: OVERDUE,
  withinMs: 5000,
  begin: async (evidence) => lookAt(evidence, (invariant) => invariant === OVERDUE),
};

export const outboxIsSent: Check = {
  name: UNSENT,
  withinMs: 12_000,
  begin: async (evidence) => lookAt(evidence, (invariant) => invariant === UNSENT),
};

const ROOMS = ['live-call-has-a-room', 'room-has-a-live-call', 'user-in-room-is-in-the-call'];

export const roomsAgree: Check = {
  name: 'rooms-and-calls-agree-within-twenty-seconds',
  withinMs: 20_000,
  begin: async ({ world }) => {
    return async () => {
      const { violations } = await checkInvariants(world.postgres.url, {
        retention: RETENTION,
        media: world.media,
        roomsLagMs: ROOMS_LAG_MS,
        logger,
      });
      return violations.filter(({ invariant }) => ROOMS.includes(invariant));
    };
  },
};
