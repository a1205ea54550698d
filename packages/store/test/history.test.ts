import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { getDurationSeconds } from '@ringline/domain';
import type { CallsQuery, HistoryEntry, HistoryQuery } from '@ringline/store';
import { accept, command, connectedCall, mediaJoined, person, startCall } from './decisions.ts';
import { createStoreFixture, type StoreFixture } from './store-fixture.ts';

let fixture: StoreFixture;
/** Ann's calls, oldest first. */
let made: { completed: string; declined: string; missedByAnn: string; cancelled: string };

function end(userId: string) {
  return { name: 'end', person: person(userId) } as const;
}

beforeAll(async () => {
  fixture = await createStoreFixture();
  const { store, moveTime } = fixture;
  const completed = await startCall(store, 'ann', ['bob'], { conversationId: 'c1' });
  await command(store, completed, accept('bob'));
  await command(store, completed, mediaJoined('ann'));
  await command(store, completed, mediaJoined('bob'));
  await moveTime(90_000);
  await command(store, completed, end('ann'));
  const declined = await startCall(store, 'ann', ['cyn'], { type: 'audio' });
  await command(store, declined, end('cyn'));
  const missedByAnn = await startCall(store, 'dan', ['ann'], { conversationId: 'c1' });
  await command(store, missedByAnn, end('dan'));
  const cancelled = await startCall(store, 'ann', ['eve', 'fay']);
  await command(store, cancelled, end('ann'));
  made = { completed, declined, missedByAnn, cancelled };
});
afterAll(() => fixture.stop());

async function read(userId: string, query: Partial<HistoryQuery> = {}) {
  const page = await fixture.store.listHistory(userId, { limit: 100, ...query });
  if ('badCursor' in page) throw new Error('a bad cursor');
  return page;
}

async function list(query: Partial<CallsQuery>) {
  const page = await fixture.store.listCalls({ limit: 100, ...query });
  if ('badCursor' in page) throw new Error('a bad cursor');
  return page;
}

function idsOf(entries: HistoryEntry[]): string[] {
  return entries.map(({ call }) => call.id);
}

describe('a history', () => {
  it("lists a user's calls newest first, with direction and outcome", async () => {
    const { entries, nextCursor } = await read('ann');
    expect(entries.map(({ call, direction, outcome }) => [call.id, direction, outcome])).toEqual([
      [made.cancelled, 'outgoing', 'cancelled'],
      [made.missedByAnn, 'incoming', 'missed'],
      [made.declined, 'outgoing', 'declined'],
      [made.completed, 'outgoing', 'completed'],
    ]);
    expect(nextCursor).toBeNull();
    const [newest] = entries;
    expect(newest?.call).toEqual((await fixture.store.load(made.cancelled))?.call);
  });

  it('contains only calls of that user', async () => {
    const { entries } = await read('cyn');
    expect(entries).toMatchObject([{ direction: 'incoming', outcome: 'declined' }]);
    expect(await read('zoe')).toEqual({ entries: [], nextCursor: null });
  });

  it('includes an active call', async () => {
    await startCall(fixture.store, 'gus', ['hal']);
    expect((await read('hal')).entries).toMatchObject([{ outcome: 'ongoing' }]);
  });

  it.each([
    [{ type: 'audio' }, ['declined']],
    [{ outcome: 'missed' }, ['missedByAnn']],
    [{ direction: 'incoming' }, ['missedByAnn']],
    [{ direction: 'outgoing', type: 'video' }, ['cancelled', 'completed']],
    [{ conversationId: 'c1' }, ['missedByAnn', 'completed']],
    [{ conversationId: 'c1', outcome: 'busy' }, []],
  ] as const)('filters by %j', async (query, expected) => {
    const { entries } = await read('ann', query);
    expect(idsOf(entries)).toEqual(expected.map((name) => made[name]));
  });

  it('does not execute SQL in its parameters', async () => {
    const { entries } = await read('ann', { conversationId: "c1' OR true --" });
    expect(entries).toEqual([]);
    expect((await read("ann' OR true --")).entries).toEqual([]);
  });
});

describe('the pages of a history', () => {
  it('contain each call once', async () => {
    const first = await read('ann', { limit: 3 });
    const second = await read('ann', { limit: 3, cursor: first.nextCursor });
    expect([...idsOf(first.entries), ...idsOf(second.entries)]).toEqual(
      idsOf((await read('ann')).entries),
    );
    expect(second.nextCursor).toBeNull();
  });

  it('end when the last page is full', async () => {
    expect((await read('ann', { limit: 4 })).nextCursor).toBeNull();
  });

  it('do not shift when new calls are added', async () => {
    const { store } = fixture;
    for (const friend of ['jan', 'kim', 'lea']) {
      await command(store, await startCall(store, 'ida', [friend]), end('ida'));
    }
    const before = await read('ida', { limit: 2 });
    await startCall(store, 'ida', ['max']);
    const after = await read('ida', { limit: 2, cursor: before.nextCursor });
    expect(after.entries.map(({ call }) => call.participants[1]?.userId)).toEqual(['jan']);
  });

  it('contain each of several calls created at the same instant', async () => {
    const { store, query } = fixture;
    for (const friend of ['n1', 'n2', 'n3', 'n4']) {
      await command(store, await startCall(store, 'ned', [friend]), end('ned'));
    }
    await query(`UPDATE calls SET created_at = '2026-01-01T00:00:00Z' WHERE initiator_id = 'ned'`);
    await query(
      `UPDATE call_participants SET call_created_at = '2026-01-01T00:00:00Z' WHERE user_id = 'ned'`,
    );
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const page: Awaited<ReturnType<typeof read>> = await read('ned', { limit: 1, cursor });
      seen.push(...idsOf(page.entries));
      cursor = page.nextCursor;
    } while (cursor !== null);
    expect(new Set(seen).size).toBe(4);
    expect(seen).toHaveLength(4);
  });

  const forged = (text: string): string => Buffer.from(text).toString('base64url');

  it.each([
    [''],
    ['nonsense'],
    ['%%%'],
    [forged('1.2')],
    [forged("0.00000000-0000-0000-0000-000000000000'; DROP TABLE calls; --")],
    [forged('999999999999999999.00000000-0000-0000-0000-000000000000')],
    [forged('-1.00000000-0000-0000-0000-000000000000')],
    [forged('1.00000000-0000-0000-0000-00000000000g')],
    ['x'.repeat(512)],
  ])('refuse the cursor %j', async (cursor) => {
    expect(await fixture.store.listHistory('ann', { limit: 5, cursor })).toEqual({
      badCursor: true,
    });
    expect(await fixture.store.listCalls({ limit: 5, cursor })).toEqual({ badCursor: true });
  });

  it('contain no calls of others when the cursor is forged', async () => {
    const everything = forged('99999999999999.ffffffff-ffff-ffff-ffff-ffffffffffff');
    const { entries } = await read('cyn', { cursor: everything });
    expect(idsOf(entries)).toEqual([made.declined]);
    const nothing = forged('0.00000000-0000-0000-0000-000000000000');
    expect((await read('cyn', { cursor: nothing })).entries).toEqual([]);
  });
});

describe('all calls', () => {
  const ids = async (query: Partial<CallsQuery>) => (await list(query)).calls.map(({ id }) => id);

  it('are listed newest first, in pages', async () => {
    const all = await ids({});
    const first = await list({ limit: 3 });
    const second = await list({ limit: 100, cursor: first.nextCursor });
    expect([...first.calls, ...second.calls].map(({ id }) => id)).toEqual(all);
    const created = (await list({})).calls.map(({ createdAt }) => createdAt);
    expect(created).toEqual(created.toSorted((a, b) => b - a));
  });

  it('are filtered by participant, state and conversation', async () => {
    expect(await ids({ userId: 'ann' })).toEqual([
      made.cancelled,
      made.missedByAnn,
      made.declined,
      made.completed,
    ]);
    expect(await ids({ userId: 'ann', state: 'declined' })).toEqual([made.declined]);
    expect(await ids({ conversationId: 'c1', state: 'ended' })).toEqual([made.completed]);
    expect(await ids({ userId: 'zoe' })).toEqual([]);
  });

  it('are filtered by creation time, including `from` and excluding `to`', async () => {
    const { createdAt } = (await fixture.store.load(made.declined))?.call ?? { createdAt: 0 };
    const between = (from: number, to: number) => ids({ userId: 'ann', from, to });
    expect(await between(createdAt, createdAt + 1)).toEqual([made.declined]);
    expect(await between(createdAt - 1, createdAt)).toEqual([]);
  });
});

describe('statistics', () => {
  it("count a user's calls by outcome", async () => {
    const { totalDurationSeconds, averageDurationSeconds, ...stats } =
      await fixture.store.getStats('ann');
    expect(stats).toEqual({
      total: 4,
      active: 0,
      completed: 1,
      missed: 1,
      declined: 1,
      failed: 0,
      successRate: 0.25,
    });
    expect(totalDurationSeconds).toBeGreaterThanOrEqual(90);
    expect(totalDurationSeconds).toBeLessThan(120);
    expect(averageDurationSeconds).toBe(totalDurationSeconds);
  });

  it('are all zero for a user without calls', async () => {
    expect(await fixture.store.getStats('zoe')).toEqual({
      total: 0,
      active: 0,
      completed: 0,
      missed: 0,
      declined: 0,
      failed: 0,
      totalDurationSeconds: 0,
      averageDurationSeconds: 0,
      successRate: 0,
    });
  });

  it('leave active calls out of the success rate', async () => {
    const { store } = fixture;
    const callId = await connectedCall(store, 'olga', 'paul');
    await command(store, callId, end('olga'));
    await startCall(store, 'olga', ['paul']);
    expect(await store.getStats('olga')).toMatchObject({ total: 2, active: 1, failed: 0 });
  });

  it('count all calls, and active calls by state', async () => {
    const { store } = fixture;
    const { calls } = await list({});
    const having = (state: string) => calls.filter((call) => call.state === state).length;
    const counts = await store.countCalls();
    expect(counts).toEqual({
      total: calls.length,
      active: having('ringing'),
      completed: having('ended'),
      failed: 0,
    });
    expect(await store.countLiveCalls()).toEqual(new Map([['ringing', having('ringing')]]));
    expect(await store.getStats(null)).toMatchObject({
      total: calls.length,
      active: having('ringing'),
      completed: having('ended'),
      declined: 1,
      totalDurationSeconds: calls.reduce((sum, call) => sum + getDurationSeconds(call), 0),
    });
  });
});
