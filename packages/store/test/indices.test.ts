import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { Store } from '@ringline/store';
import { copyCall } from './copy-call.ts';
import { accept, command, commitExpired, person, startCall } from './decisions.ts';
import { createStoreFixture, type StoreFixture } from './store-fixture.ts';

let fixture: StoreFixture;
/** 50,000 ended calls, of which one user was in a thousand, and 2,000 ringing calls. */
beforeAll(async () => {
  fixture = await createStoreFixture();
  const { store, query } = fixture;
  const past = await startCall(store, 'ann', ['bob'], { conversationId: 'c' });
  await command(store, past, accept('bob'));
  await command(store, past, { name: 'end', person: person('ann') });
  await copyCall(fixture, past, 1, 50_000);
  await query(`UPDATE calls SET conversation_id = id::text WHERE id <> $1`, [past]);
  await query(
    `UPDATE call_participants SET user_id = 'old' WHERE user_id LIKE 'bob-1%' AND call_id IN (
       SELECT call_id FROM call_participants WHERE user_id LIKE 'bob-1%' LIMIT 1000
     )`,
  );
  const ringing = await startCall(store, 'cyn', ['dan'], { roomName: 'the room' });
  await copyCall(fixture, ringing, 50_001, 52_000);
  await query('ANALYZE');
  // Waits until Postgres has counted the scans of this set-up.
  await store.close();
  while ((await countConnections()) > 0) await setTimeout(5);
  await query('SELECT pg_stat_force_next_flush()');
}, 60_000);
afterAll(() => fixture.stop());

interface Scans {
  indices: string[];
  /** Tables with a sequential scan. */
  tables: string[];
}

async function readScanCounts(): Promise<Map<string, string>> {
  const rows = await fixture.query<{ name: string; scans: string }>(
    `SELECT indexrelname AS name, idx_scan AS scans FROM pg_stat_user_indexes
     UNION ALL SELECT relname, seq_scan FROM pg_stat_user_tables
     WHERE relname IN ('calls', 'call_participants')`,
  );
  return new Map(rows.map(({ name, scans }) => [name, scans]));
}

/** The number of connections of stores that are open or closing. */
async function countConnections(): Promise<number> {
  const [row] = await fixture.query<{ open: number }>(
    `SELECT count(*)::int AS open FROM pg_stat_activity
     WHERE datname = current_database() AND application_name = 'ringline'`,
  );
  return row?.open ?? 0;
}

/** Lists the scans of this work. Postgres has counted them once the connections are closed. */
async function recordScans(work: (store: Store) => Promise<unknown>): Promise<Scans> {
  const before = await readScanCounts();
  const store = fixture.openStore();
  await work(store);
  await store.close();
  while ((await countConnections()) > 0) await setTimeout(5);
  const after = [...(await readScanCounts())];
  const names = after.filter(([name, scans]) => before.get(name) !== scans).map(([name]) => name);
  const isTable = (name: string): boolean => ['calls', 'call_participants'].includes(name);
  return { tables: names.filter(isTable), indices: names.filter((name) => !isTable(name)) };
}

it.each<[what: string, index: string, work: (store: Store) => Promise<unknown>]>([
  ['busy users', 'call_participants_claim', (store) => store.findBusyUsers(['dan', 'old'], null)],
  [
    'the active call of a user',
    'call_participants_claim',
    (store) => store.listActiveCalls('dan', null),
  ],
  [
    'initiators of unanswered calls',
    'call_participants_claim',
    (store) => store.listUnansweredInitiators(['cyn', 'old']),
  ],
  [
    'disconnected initiators',
    'call_participants_disconnected',
    (store) => store.listDisconnectedInitiators(),
  ],
  ['expired calls', 'calls_due', (store) => commitExpired(store, 200)],
  ['a history', 'call_participants_history', (store) => store.listHistory('old', { limit: 20 })],
  [
    'the next page of a history',
    'call_participants_history',
    async (store) => {
      const page = await store.listHistory('old', { limit: 20 });
      if (!('nextCursor' in page)) throw new Error('a bad cursor');
      await store.listHistory('old', { limit: 20, cursor: page.nextCursor });
    },
  ],
  ['a user’s statistics', 'call_participants_history', (store) => store.getStats('old')],
  [
    'whether any ring is unacknowledged',
    'call_participants_unacknowledged',
    (store) => store.hasUnacknowledgedRings(2000),
  ],
  [
    'the unacknowledged rings of some users',
    'call_participants_claim',
    (store) => store.listUnacknowledgedRings(2000, ['dan', 'old']),
  ],
  ['the rooms of active calls', 'calls_by_state', (store) => store.listLiveRooms()],
  ['the calls of rooms', 'calls_room_name_key', (store) => store.findCallsByRoom(['the room'])],
  ['the join guard', 'call_participants_pkey', (store) => store.isAllowedIn('the room', 'cyn')],
  ['the newest calls', 'calls_newest_first', (store) => store.listCalls({ limit: 20 })],
  [
    'the calls of a conversation',
    'calls_by_conversation',
    (store) => store.listCalls({ limit: 20, conversationId: 'c' }),
  ],
  [
    'the calls in a state',
    'calls_by_state',
    (store) => store.listCalls({ limit: 20, state: 'ringing' }),
  ],
  [
    'the calls of a user',
    'call_participants_history',
    (store) => store.listCalls({ limit: 20, userId: 'dan' }),
  ],
])('finds %s by the index %s', async (_, index, work) => {
  const { indices, tables } = await recordScans(work);
  expect(indices).toContain(index);
  expect(tables).toEqual([]);
});
