import { readdir, readFile, readlink } from 'node:fs/promises';
import { until } from '@ringline/testing/until';
import type { OurProcess } from './our-process.ts';
import type { World } from './world.ts';

/**
 * Places in our transactions at which Postgres can hold them up. `within` is in the middle, when rows are locked;
 * `at-commit` is the very end: let go, the transaction is committed, whether or not its process still hears of it.
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
 * Triggers that wait for locks which only a fault holds. Neither our processes nor their SQL know of them. They stay
 * for the whole run: to drop one would wait for a process that is frozen in a transaction, and everyone behind it.
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

/** Waits for one of our processes to come to a place, lets `act` have it there, and lets the transaction go on. */
export async function atFailpoint(
  world: World,
  place: Place,
  act: (caught: OurProcess) => Promise<void>,
): Promise<OurProcess> {
  const { lock } = PLACES[place];
  return world.holdingLock(lock, async () => {
    const caught = await until('a transaction comes to the failpoint', async () => {
      const [held] = await world.rows<{ port: number }>(
        `SELECT client_port AS port FROM pg_locks JOIN pg_stat_activity USING (pid)
         WHERE locktype = 'advisory' AND objid = $1 AND NOT granted AND client_port > 0`,
        [lock],
      );
      return held && ownerOf(held.port, world.processes);
    });
    await act(caught);
    return caught;
  });
}

/** The process whose connection has this port at its own end. */
async function ownerOf(port: number, processes: readonly OurProcess[]): Promise<OurProcess | null> {
  const inode = await inodeOf(port);
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

async function inodeOf(port: number): Promise<string | null> {
  const hex = port.toString(16).toUpperCase().padStart(4, '0');
  const lines = (await readFile('/proc/net/tcp', 'utf8')).split('\n').slice(1);
  const fields = lines.map((line) => line.trim().split(/\s+/));
  return fields.find(([, local]) => local?.endsWith(`:${hex}`))?.[9] ?? null;
}
