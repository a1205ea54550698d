import { checkDatabase, type InvariantOptions, type InvariantReport } from '@ringline/store';
import { stopTime } from '@ringline/testing/time';
import { accept, command, connectedCall, person, startCall } from '../decisions.ts';
import { createStoreFixture, type StoreFixture } from '../store-fixture.ts';

export const RETENTION = { eventDays: 30, callDays: 365 };
export const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;

/** A database that violates no invariant until a test changes it. Its time stands still. */
export interface ConsistentDatabase {
  readonly fixture: StoreFixture;
  /** The call of ann and bob, which is connected. */
  readonly connected: string;
  /** The call of eve and fay, which fay has accepted. */
  readonly connecting: string;
  /** The call of cyn and dan, which dan ended. */
  readonly ended: string;
  /** The call of gus and hal, which hal declined. */
  readonly declined: string;
  report(options?: Partial<InvariantOptions>): Promise<InvariantReport>;
  /** The name, call and detail of each violation. */
  violations(options?: Partial<InvariantOptions>): Promise<string[][]>;
  /** Executes SQL with foreign keys and triggers disabled. */
  tamper(sql: string, parameters?: unknown[]): Promise<void>;
  /** Runs `work` without a constraint of the schema. */
  withoutConstraint(drop: string, restore: string, work: () => Promise<void>): Promise<void>;
  /** Clears the outbox, as a publisher does. */
  clearOutbox(): Promise<unknown>;
  restore(): Promise<unknown>;
  stop(): Promise<void>;
}

/** The tables that tests change. The outbox is cleared, and partitions may stay. */
const TABLES = [
  ...['call_events', 'call_invitations', 'call_participants', 'calls', 'idempotency_keys'],
  ...['call_quality_metrics', 'call_quality_trends', 'clock_offset'],
];

const SAVE = TABLES.map((table) => `CREATE TABLE saved_${table} AS TABLE ${table}`).join(';');

const RESTORE = [
  'SET session_replication_role = replica; DELETE FROM outbox',
  ...TABLES.map((table) => `DELETE FROM ${table}; INSERT INTO ${table} TABLE saved_${table}`),
  'SET session_replication_role = origin',
].join(';');

async function makeCalls({ store }: StoreFixture) {
  const connected = await connectedCall(store, 'ann', 'bob');
  const connecting = await startCall(store, 'eve', ['fay']);
  await command(store, connecting, accept('fay'));
  const ended = await connectedCall(store, 'cyn', 'dan');
  await command(store, ended, { name: 'end', person: person('dan') });
  const declined = await startCall(store, 'gus', ['hal']);
  const decline = { name: 'decline', deviceId: null, reason: 'declined' } as const;
  await command(store, declined, { ...decline, person: person('hal') });
  return { connected, connecting, ended, declined };
}

/**
 * Creating a database for each test takes a second; restoring this one takes a few milliseconds.
 */
export async function createConsistentDatabase(): Promise<ConsistentDatabase> {
  const fixture = await createStoreFixture();
  await stopTime(fixture.url, Date.now());
  const calls = await makeCalls(fixture);
  const clearOutbox = () => fixture.query('DELETE FROM outbox');
  const restore = () => fixture.query(RESTORE);
  await clearOutbox();
  await fixture.query(SAVE);

  const report = (options: Partial<InvariantOptions> = {}) =>
    checkDatabase(fixture.url, { retention: RETENTION, limit: 100, ...options });

  return {
    ...calls,
    fixture,
    report,
    violations: async (options) =>
      (await report(options)).violations.map(({ invariant, callId, detail }) => [
        invariant,
        callId ?? '',
        detail,
      ]),
    tamper: async (sql, parameters) => {
      await fixture.query('SET session_replication_role = replica');
      await fixture.query(sql, parameters);
      await fixture.query('SET session_replication_role = origin');
    },
    withoutConstraint: async (drop, restoreConstraint, work) => {
      await fixture.query(drop);
      try {
        await work();
      } finally {
        await restore();
        await fixture.query(restoreConstraint);
      }
    },
    clearOutbox,
    restore,
    stop: () => fixture.stop(),
  };
}
