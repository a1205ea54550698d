import { checkDatabase, type InvariantOptions, type InvariantReport } from '@ringline/store';
import { stopTime } from '@ringline/testing/time';
import { accept, command, connectedCall, person, startCall } from '../decisions.ts';
import { type StoreOnTrial, tryStore } from '../store-on-trial.ts';

export const RETENTION = { eventDays: 30, callDays: 365 };
export const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;

/** A database in which every invariant holds, until a test breaks one. Its time stands still. */
export interface SoundDatabase {
  readonly trial: StoreOnTrial;
  /** The call of ann and bob, which goes on. */
  readonly connected: string;
  /** The call of eve and fay, which fay has accepted. */
  readonly connecting: string;
  /** The call of cyn and dan, which dan ended. */
  readonly ended: string;
  /** The call of gus and hal, which hal declined. */
  readonly declined: string;
  report(options?: Partial<InvariantOptions>): Promise<InvariantReport>;
  /** Invariant, call and detail of each. */
  violations(options?: Partial<InvariantOptions>): Promise<string[][]>;
  /** Writes what no process of ours would, past the foreign keys. */
  tamper(sql: string, parameters?: unknown[]): Promise<void>;
  /** Lets `work` do what the schema itself forbids. */
  withoutRule(drop: string, restore: string, work: () => Promise<void>): Promise<void>;
  /** Has everything told that was committed, as a publisher would. */
  clearOutbox(): Promise<unknown>;
  restore(): Promise<unknown>;
  stop(): Promise<void>;
}

/** What tests break. The outbox is empty in a sound database, and partitions may stay. */
const TABLES = [
  ...['call_events', 'call_invitations', 'call_participants', 'calls', 'idempotency_keys'],
  ...['call_quality_metrics', 'call_quality_trends', 'clock_offset'],
];

const SAVE = TABLES.map((table) => `CREATE TABLE sound_${table} AS TABLE ${table}`).join(';');

const RESTORE = [
  'SET session_replication_role = replica; DELETE FROM outbox',
  ...TABLES.map((table) => `DELETE FROM ${table}; INSERT INTO ${table} TABLE sound_${table}`),
  'SET session_replication_role = origin',
].join(';');

async function makeCalls({ store }: StoreOnTrial) {
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

/** A database per test would take a second of each; this one is restored in a few milliseconds. */
export async function createSoundDatabase(): Promise<SoundDatabase> {
  const trial = await tryStore();
  await stopTime(trial.url, Date.now());
  const calls = await makeCalls(trial);
  const clearOutbox = () => trial.query('DELETE FROM outbox');
  const restore = () => trial.query(RESTORE);
  await clearOutbox();
  await trial.query(SAVE);

  const report = (options: Partial<InvariantOptions> = {}) =>
    checkDatabase(trial.url, { retention: RETENTION, limit: 100, ...options });

  return {
    ...calls,
    trial,
    report,
    violations: async (options) =>
      (await report(options)).violations.map(({ invariant, callId, detail }) => [
        invariant,
        callId ?? '',
        detail,
      ]),
    tamper: async (sql, parameters) => {
      await trial.query('SET session_replication_role = replica');
      await trial.query(sql, parameters);
      await trial.query('SET session_replication_role = origin');
    },
    withoutRule: async (drop, restoreRule, work) => {
      await trial.query(drop);
      try {
        await work();
      } finally {
        await restore();
        await trial.query(restoreRule);
      }
    },
    clearOutbox,
    restore,
    stop: () => trial.stop(),
  };
}
