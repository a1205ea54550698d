import { createBatchSize } from './batch-size.ts';
import { bindTo } from './bind.ts';
import { findBusyUsers, listActiveCalls } from './busy-users.ts';
import { commit } from './commit.ts';
import type { Database } from './database.ts';
import { createDeploymentId } from './deployment.ts';
import { listExpired, lockExpired, postponeExpired } from './expired-calls.ts';
import { listCalls, listHistory } from './history.ts';
import { findCallOfOpenRequest, findIdempotent, saveIdempotent } from './idempotency.ts';
import { listDisconnectedInitiators, listUnansweredInitiators } from './initiators.ts';
import { takeLease } from './leases.ts';
import { load, loadMany } from './load.ts';
import { claimUnsent, clearOutbox, countUnsent } from './outbox.ts';
import { findPeers } from './peers.ts';
import { purgeExpired } from './retention.ts';
import { hasUnacknowledgedRings, listUnacknowledgedRings } from './rings.ts';
import { findCallByRoom, findCallsByRoom, isAllowedIn, listLiveRooms } from './rooms.ts';
import { countCalls, countLiveCalls, getStats } from './stats.ts';
import { getTimeline, listEvents } from './timeline.ts';

const statements = {
  ...{ load, loadMany, findBusyUsers, commit },
  ...{ findIdempotent, saveIdempotent, findCallOfOpenRequest },
  ...{ listUnansweredInitiators, listDisconnectedInitiators, findPeers },
  ...{ listExpired, lockExpired, postponeExpired },
  ...{ claimUnsent, clearOutbox, countUnsent },
  ...{ hasUnacknowledgedRings, listUnacknowledgedRings },
  ...{ listEvents, listHistory, listActiveCalls, listCalls, getStats, getTimeline },
  ...{ countCalls, countLiveCalls },
  ...{ listLiveRooms, findCallsByRoom, findCallByRoom, isAllowedIn },
  ...{ takeLease, purgeExpired },
};

export interface StoreOptions {
  /** From `DEPLOYMENT_ID`. Without it, the id in the database is used. */
  deploymentId?: string | null;
}

/**
 * All queries about calls. Each function rejects with `StoreUnavailable` if Postgres cannot be
 * reached or cannot work. Any other rejection is a bug. Ids of calls must be UUIDs.
 */
export function createStore(database: Database, { deploymentId = null }: StoreOptions = {}) {
  return {
    ...bindTo(database, statements),
    inExpiryBatches: createBatchSize(),
    /** Identifies this deployment among those that share one LiveKit. */
    getDeploymentId: createDeploymentId(database, deploymentId),
    ping: async (): Promise<void> => {
      await database.run('SELECT');
    },
    /** Waits for running queries, then closes the connections. Idempotent. */
    close: () => database.close(),
  };
}

export interface Store extends ReturnType<typeof createStore> {}
