import { createBatchSize } from './batch-size.ts';
import { findBusyUsers, listActiveCalls } from './busy-users.ts';
import { commit } from './commit.ts';
import { type Database, type DatabaseOptions, openDatabase } from './database.ts';
import { createDeploymentId } from './deployment.ts';
import { listExpired, lockExpired, postponeExpired } from './expired-calls.ts';
import { listCalls, listHistory } from './history.ts';
import { findCallOfOpenRequest, findIdempotent, saveIdempotent } from './idempotency.ts';
import { listDisconnectedInitiators, listUnansweredInitiators } from './initiators.ts';
import { takeLease } from './leases.ts';
import { load, loadMany } from './load.ts';
import { claimUnsent, clearOutbox, countUnsent } from './outbox.ts';
import { createQualityStore } from './quality/store.ts';
import { purgeExpired } from './retention.ts';
import { hasUnacknowledgedRings, listUnacknowledgedRings } from './rings.ts';
import { findCallByRoom, findCallsByRoom, isAllowedIn, listLiveRooms } from './rooms.ts';
import { countCalls, countLiveCalls, getStats } from './stats.ts';
import { getTimeline, listEvents } from './timeline.ts';

/** Each is documented where it is written. */
const statements = {
  ...{ load, loadMany, findBusyUsers, commit },
  ...{ findIdempotent, saveIdempotent, findCallOfOpenRequest },
  ...{ listUnansweredInitiators, listDisconnectedInitiators },
  ...{ listExpired, lockExpired, postponeExpired },
  ...{ claimUnsent, clearOutbox, countUnsent },
  ...{ hasUnacknowledgedRings, listUnacknowledgedRings },
  ...{ listEvents, listHistory, listActiveCalls, listCalls, getStats, getTimeline },
  ...{ countCalls, countLiveCalls },
  ...{ listLiveRooms, findCallsByRoom, findCallByRoom, isAllowedIn },
  ...{ takeLease, purgeExpired },
};

type Statements = typeof statements;

/** The same functions, without the database that they are bound to. */
type Bound = {
  [Name in keyof Statements]: Statements[Name] extends (
    db: Database,
    ...parameters: infer Parameters
  ) => infer Result
    ? (...parameters: Parameters) => Result
    : never;
};

function bindTo(database: Database): Bound {
  const bound = Object.entries(statements).map(([name, run]) => [
    name,
    (run as (...parameters: unknown[]) => unknown).bind(null, database),
  ]);
  // biome-ignore lint/plugin: the keys are the names of our own functions.
  return Object.fromEntries(bound) as Bound;
}

export interface StoreOptions extends DatabaseOptions {
  /** From `DEPLOYMENT_ID`; without it, the id that the database keeps. */
  deploymentId?: string | null;
}

/**
 * Everything that the way of a call asks of Postgres. Each function rejects with `StoreUnavailable` if Postgres cannot be reached
 * or cannot work; any other rejection is a fault of ours. Ids of calls must be UUIDs. It connects when it is first asked.
 */
export function createStore({ deploymentId = null, ...options }: StoreOptions) {
  const database = openDatabase(options);
  return {
    ...bindTo(database),
    inExpiryBatches: createBatchSize(),
    /** Which deployment this is, among those that share one LiveKit. */
    getDeploymentId: createDeploymentId(database, deploymentId),
    quality: createQualityStore(database),
    ping: async (): Promise<void> => {
      await database.run('SELECT');
    },
    /** Waits for what is under way. Idempotent. */
    close: () => database.close(),
  };
}

export interface Store extends ReturnType<typeof createStore> {}
