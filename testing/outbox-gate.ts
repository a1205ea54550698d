import { Client } from 'pg';
import { until } from './until.ts';

/** A gate in front of the outbox: while it is shut, whoever commits something to tell waits inside their transaction. */
export interface OutboxGate {
  shut(): Promise<void>;
  /** Resolves when a transaction waits at the gate. */
  reached(): Promise<void>;
  open(): Promise<void>;
  remove(): Promise<void>;
}

const TRIGGER = `
  CREATE FUNCTION wait_at_gate() RETURNS trigger LANGUAGE plpgsql AS
  $$ BEGIN PERFORM pg_advisory_xact_lock_shared(1); RETURN NULL; END $$;
  CREATE TRIGGER wait_at_gate AFTER INSERT ON outbox
  FOR EACH STATEMENT EXECUTE FUNCTION wait_at_gate()`;
const WAITING = `SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted`;

export async function createOutboxGate(databaseUrl: string): Promise<OutboxGate> {
  const client = new Client({ connectionString: databaseUrl, application_name: 'outbox gate' });
  await client.connect();
  await client.query(TRIGGER);
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
