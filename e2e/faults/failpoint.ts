import { readdir, readFile, readlink } from 'node:fs/promises';
import { until } from '@ringline/testing/until';
import type { OurProcess } from './our-process.ts';
import type { World } from './world.ts';

/**
 * Places at which Postgres can hold up our transactions. `within` is in the middle, when rows are
 * locked. `at-commit` is the end: when it is let go, the transaction is committed, even if its
 * process has died.
 */
const PLACES = {
  within: { lock: 4711, trigger: 'TRIGGER', timing: '', when: 'true' },
  'within-a-deadline': {
    lock: 4712,
    trigger: 'TRIGGER',
    timing: '',
    when: "NEW.actor = 'deadline'",
  },
  'at-commit': {
    lock: 4713,
    trigger: 'CONSTRAINT TRIGGER',
    timing: 'DEFERRABLE INITIALLY DEFERRED',
    when: 'true',
  },
} as const;

export type Place = keyof typeof PLACES;

/**
 * Triggers that wait for locks which only a fault holds. Our processes and their SQL do not know
 * them. They stay for the whole run: dropping one would wait for a process that is frozen in a
 * transaction, and block everyone behind it.
 */
export async function installFailpoints(query: (sql: string) => Promise<unknown>): Promise<void> {
  await query(`
    CREATE FUNCTION wait_at_failpoint() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN PERFORM pg_advisory_xact_lock_shared(TG_ARGV[0]::bigint); RETURN NULL; END $$`);
  for (const { lock, trigger, timing, when } of Object.values(PLACES)) {
    await query(`
      CREATE ${trigger} failpoint_${lock} AFTER INSERT ON call_events ${timing}
      FOR EACH ROW WHEN (${when}) EXECUTE FUNCTION wait_at_failpoint(${lock})`);
  }
}

/**
 * Waits until one of our processes reaches a place, calls `act` with it, and lets the transaction
 * go on.
 */
export async function atFailpoint(
  world: World,
  place: Place,
  act: (caught: OurProcess) => Promise<void>,
): Promise<OurProcess> {
  const { lock } = PLACES[place];
  return world.holdingLock(lock, async () => {
    const caught = await until('a transaction reaches the failpoint', async () => {
      const [held] = await world.rows<{ port: number }>(
        `SELECT client_port AS port FROM pg_locks JOIN pg_stat_activity USING (pid)
         WHERE locktype = 'advisory' AND objid = $1 AND NOT granted AND client_port > 0`,
        [lock],
      );
      return held && findOwner(held.port, world.processes);
    });
    await act(caught);
    return caught;
  });
}

/** Finds the process whose connection has this local port. */
async function findOwner(
  port: number,
  processes: readonly OurProcess[],
): Promise<OurProcess | null> {
  const inode = await findInode(port);
  if (inode === null) return null;
  for (const one of processes) {
    const folder = `/proc/${one.pid()}/fd`;
    const links = await Promise.all(
      (await readdir(folder)).map((name) => readlink(`${folder}/${name}`).catch(() => '')),
    );
    if (links.includes(`socket:[${inode}]`)) return one;
  }
  return null;
}

async function findInode(port: number): Promise<string | null> {
  const hex = port.toString(16).toUpperCase().padStart(4, '0');
  const lines = (await readFile('/proc/net/tcp', 'utf8')).split('\n').slice(1);
  const fields = lines.map((line) => line.trim().split(/\s+/));
  return fields.find(([, local]) => local?.endsWith(`:${hex}`))?.[9] ?? null;
}
