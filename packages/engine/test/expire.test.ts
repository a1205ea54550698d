import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createOrigin, expireDueCalls } from '@ringline/engine';
import {
  accept,
  by,
  connected,
  load,
  mediaLeft,
  must,
  ring,
  run,
  someone,
  stateOf,
} from './acts.ts';
import { type Stage, setStage, type TestEngine } from './stage.ts';

let stage: Stage;
let engine: TestEngine;
let otherEngine: TestEngine;

beforeAll(async () => {
  stage = await setStage();
  engine = stage.engine();
  otherEngine = stage.engine();
});
afterAll(() => stage.clear());

async function expireAll({ parts }: TestEngine, limit = 20): Promise<number> {
  let decided = 0;
  for (;;) {
    const batch = await expireDueCalls(parts, limit);
    if (batch === 0) return decided;
    decided += batch;
  }
}

describe('what is due', () => {
  it('is decided at its own time, however late that is', async () => {
    const [ann, bob] = [someone('ann'), someone('bob')];
    const call = await ring(engine, ann, [bob]);
    await stage.pass(15_000);
    expect(await expireDueCalls(engine.parts, 10)).toBe(0);
    await stage.pass(100_000);
    expect(await expireDueCalls(engine.parts, 10)).toBe(1);
    expect(await load(engine, call)).toMatchObject({
      state: 'missed',
      endReason: 'no_answer',
      endedAt: call.createdAt + 30_000,
    });
    await engine.parts.backgroundTasks.drained();
    expect(await engine.parts.media.listRooms()).not.toContain(call.roomName);
  });

  it('of one kind after the other is decided in that order: the call fails before a ring that runs longer', async () => {
    const [ann, bob, cid] = [someone('ann'), someone('bob'), someone('cid')];
    const call = await ring(engine, ann, [bob, cid], {
      timings: {
        ringSeconds: 60,
        connectSeconds: 10,
        graceSeconds: 15,
        soloSeconds: 60,
        maxSeconds: 14_400,
      },
    });
    await must(engine, call, accept(bob), by(bob));
    await stage.pass(3_600_000);
    await expireAll(engine);
    const after = await load(engine, call);
    expect(after).toMatchObject({ state: 'failed', endReason: 'connect_timeout', endedBy: null });
    expect(stateOf(after, cid)).toBe('cancelled');
  });

  it('after a lost network ends the call, unless they are back in time', async () => {
    const [ann, bob] = [someone('ann'), someone('bob')];
    const call = await connected(engine, ann, [bob]);
    const lost = await must(engine, call, mediaLeft(bob), createOrigin('livekit'));
    expect([lost.state, stateOf(lost, bob)]).toEqual(['reconnecting', 'reconnecting']);
    await stage.pass(15_000);
    await expireAll(engine);
    expect(await load(engine, call)).toMatchObject({
      state: 'ended',
      endReason: 'connection_lost',
    });
  });

  it('is told, logged and measured like everything else', async () => {
    const own = stage.engine();
    const call = await ring(engine, someone('ann'), [someone('bob')]);
    await stage.pass(31_000);
    await expireAll(own);
    expect(own.sent.map(({ event }) => event)).toEqual([
      'call:missed',
      'call:ended',
      'call:ringing_stopped',
    ]);
    expect(own.lines).toMatchObject([
      { message: 'call:missed', fields: { callId: call.id, actor: 'deadline', requestId: null } },
      { message: 'call:ended', fields: { callId: call.id, state: 'missed', reason: 'no_answer' } },
    ]);
    const finished = await own.parts.metrics.callsFinished.get();
    expect(finished.values).toMatchObject([{ labels: { state: 'missed', reason: 'no_answer' } }]);
    const lateness = await own.parts.metrics.deadlineLateness.get();
    const sum = lateness.values.find(({ metricName }) => metricName?.endsWith('_sum'))?.value ?? 0;
    const count = lateness.values.find(({ metricName }) => metricName?.endsWith('_count'))?.value;
    expect(sum / (count ?? 1)).toBeGreaterThanOrEqual(1);
    expect(sum / (count ?? 1)).toBeLessThan(5);
    await own.parts.backgroundTasks.drained();
    expect(await own.parts.store.countUnsent()).toBe(0);
  });
});

describe('many calls that are due at once', () => {
  it('are each decided once, by two workers and by the commands that come in between', async () => {
    const callees = Array.from({ length: 100 }, () => someone('bob'));
    const calls = await Promise.all(callees.map((bob) => ring(engine, someone('ann'), [bob])));
    await stage.pass(30_000);
    const [one, other, answers] = await Promise.all([
      expireAll(engine),
      expireAll(otherEngine),
      Promise.all(
        calls.slice(-10).map((call, index) => {
          const bob = callees[index + 90] ?? '';
          return run(engine, call, accept(bob), by(bob));
        }),
      ),
    ]);
    expect(answers.map(({ refusal }) => refusal?.code)).toEqual(
      Array.from({ length: 10 }, () => 'CALL_ENDED'),
    );
    expect(one + other).toBeGreaterThanOrEqual(90);
    expect(one + other).toBeLessThanOrEqual(100);
    const ids = calls.map(({ id }) => id);
    const ends = await stage.query<{ count: number }>(
      `SELECT count(*)::int AS count FROM call_events
       WHERE call_id = ANY ($1) AND event = 'call:ended' GROUP BY call_id`,
      [ids],
    );
    expect(ends).toEqual(ids.map(() => ({ count: 1 })));
    const told = [...engine.sent, ...otherEngine.sent].filter(
      ({ event, payload }) =>
        event === 'call:ended' && 'callId' in payload && ids.includes(String(payload.callId)),
    );
    expect(told).toHaveLength(100);
  });
});

describe('a call that cannot be decided', () => {
  /** Without its initiator, a call is outside of what any rule expects. */
  async function breakCall(callId: string): Promise<void> {
    await stage.query(
      `UPDATE call_participants SET user_id = user_id || '-gone'
       WHERE call_id = $1 AND invited_by IS NULL`,
      [callId],
    );
  }
  async function mend(callId: string): Promise<void> {
    await stage.query(
      `UPDATE call_participants SET user_id = replace(user_id, '-gone', '') WHERE call_id = $1`,
      [callId],
    );
  }

  it('is postponed by a minute, and the others are expired', async () => {
    const own = stage.engine();
    const bad = await ring(own, someone('ann'), [someone('bob')]);
    const good = await ring(own, someone('cid'), [someone('dora')]);
    await breakCall(bad.id);
    await stage.pass(31_000);
    await expireAll(own);
    expect((await load(own, good)).state).toBe('missed');
    expect(await own.parts.store.listExpired(10)).toEqual([]);
    expect(own.lines).toContainEqual(
      expect.objectContaining({
        level: 'error',
        message: 'a due call cannot be decided and is postponed',
        fields: expect.objectContaining({ callId: bad.id }),
      }),
    );
    await mend(bad.id);
    await stage.pass(60_000);
    await expireAll(own);
    expect(await load(own, bad)).toMatchObject({
      state: 'missed',
      endedAt: bad.createdAt + 30_000,
    });
  });

  it('is postponed as well if the database refuses its decision', async () => {
    const own = stage.engine();
    const bad = await ring(own, someone('ann'), [someone('bob')]);
    const good = await ring(own, someone('cid'), [someone('dora')]);
    await stage.query(
      `ALTER TABLE calls ADD CONSTRAINT refused CHECK (id <> '${bad.id}' OR ended_at IS NULL)`,
    );
    await stage.pass(31_000);
    await expireAll(own);
    expect((await load(own, good)).state).toBe('missed');
    expect((await load(own, bad)).state).toBe('ringing');
    await stage.query('ALTER TABLE calls DROP CONSTRAINT refused');
    await stage.pass(60_000);
    await expireAll(own);
    expect((await load(own, bad)).state).toBe('missed');
  });
});
