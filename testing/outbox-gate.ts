import { Client } from 'pg';
import { until } from './until.ts';

/**
 * A gate at the outbox. While it is shut, every transaction that writes to the outbox waits: at
 * that statement, or with `at-commit` at its commit. A transaction that is let go at its commit is
 * committed, even if its process has died meanwhile.
 */
export interface OutboxGate {
  shut(): Promise<void>;
  /** Resolves when a transaction waits at the gate. */
  reached(): Promise<void>;
  open(): Promise<void>;
  remove(): Promise<void>;
}

const TRIGGERS = {
  'at-outbox': `CREATE TRIGGER wait_at_gate AFTER INSERT ON outbox
    FOR EACH STATEMENT EXECUTE FUNCTION wait_at_gate()`,
  'at-commit': `CREATE CONSTRAINT TRIGGER wait_at_gate AFTER INSERT ON outbox
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION wait_at_gate()`,
};
const WAIT = `
  CREATE FUNCTION wait_at_gate() RETURNS trigger LANGUAGE plpgsql AS
  $$ BEGIN PERFORM pg_advisory_xact_lock_shared(1); RETURN NULL; END $$`;
const WAITING = `SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted`;

export async function createOutboxGate(
  databaseUrl: string,
  place: keyof typeof TRIGGERS = 'at-outbox',
): Promise<OutboxGate> {
  const client = new Client({ connectionString: databaseUrl, application_name: 'outbox gate' });
  await client.connect();
  await client.query(WAIT);
  await client.query(TRIGGERS[place]);
  return {
    shut: async () => void (await client.query('SELECT pg_advisory_lock(1)')),
    reached: async () => {
      await until('a transaction waits', async () => (await client.query(WAITING)).rowCount === 1);
    },
    open: async () => void (await client.query('SELECT pg_advisory_unlock(1)')),
    remove: async () => {
      await client.query('DROP FUNCTION wait_at_gate CASCADE');
      await client.end();
    },
  };
}
