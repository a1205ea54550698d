import { describe, expect, it } from '@jest/globals';
import { createOrigin, expireDueCalls } from '@ringline/engine';
import {
  accept,
  by,
  connected,
  expireAfter,
  expireAll,
  load,
  mediaLeft,
  must,
  people,
  ring,
  run,
  someone,
  stateOf,
} from './acts.ts';
import { useStage } from './stage.ts';

const { stage, engine, otherEngine } = useStage();

describe('an expired deadline', () => {
  it('is decided at its own time, however late the worker is', async () => {
    const [ann, bob] = people();
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

  it('is decided in the order of due times: a connect timeout before a longer ring', async () => {
    const [ann, bob, cid] = people();
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
    await expireAfter(stage, engine, 3_600_000);
    const after = await load(engine, call);
    expect(after).toMatchObject({ state: 'failed', endReason: 'connect_timeout', endedBy: null });
    expect(stateOf(after, cid)).toBe('cancelled');
  });

  it('ends the call when a lost user does not come back in time', async () => {
    const [ann, bob] = people();
    const call = await connected(engine, ann, [bob]);
    const lost = await must(engine, call, mediaLeft(bob), createOrigin('livekit'));
    expect([lost.state, stateOf(lost, bob)]).toEqual(['reconnecting', 'reconnecting']);
    await expireAfter(stage, engine, 15_000);
    expect(await load(engine, call)).toMatchObject({
      state: 'ended',
      endReason: 'connection_lost',
    });
  });

  it('is published, logged and measured like other commands', async () => {
    const own = stage.engine();
    const call = await ring(engine, someone('ann'), [someone('bob')]);
    await expireAfter(stage, own, 31_000);
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
  it('are each decided once, by two workers and concurrent commands', async () => {
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
    const published = [...engine.sent, ...otherEngine.sent].filter(
      ({ event, payload }) =>
        event === 'call:ended' && 'callId' in payload && ids.includes(String(payload.callId)),
    );
    expect(published).toHaveLength(100);
  });
});

describe('a call that cannot be decided', () => {
  /** Removes the initiator, so that the rules throw. */
  async function breakCall(callId: string): Promise<void> {
    await stage.query(
      `UPDATE call_participants SET user_id = user_id || '-gone'
       WHERE call_id = $1 AND invited_by IS NULL`,
      [callId],
    );
  }
  async function repair(callId: string): Promise<void> {
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
    await expireAfter(stage, own, 31_000);
    expect((await load(own, good)).state).toBe('missed');
    expect(await own.parts.store.listExpired(10)).toEqual([]);
    expect(own.lines).toContainEqual(
      expect.objectContaining({
        level: 'error',
        message: 'a due call cannot be decided and is postponed',
        fields: expect.objectContaining({ callId: bad.id }),
      }),
    );
    await repair(bad.id);
    await expireAfter(stage, own, 60_000);
    expect(await load(own, bad)).toMatchObject({
      state: 'missed',
      endedAt: bad.createdAt + 30_000,
    });
  });

  it('is also postponed if the database refuses its decision', async () => {
    const own = stage.engine();
    const bad = await ring(own, someone('ann'), [someone('bob')]);
    const good = await ring(own, someone('cid'), [someone('dora')]);
    await stage.query(
      `ALTER TABLE calls ADD CONSTRAINT refused CHECK (id <> '${bad.id}' OR ended_at IS NULL)`,
    );
    await expireAfter(stage, own, 31_000);
    expect((await load(own, good)).state).toBe('missed');
    expect((await load(own, bad)).state).toBe('ringing');
    await stage.query('ALTER TABLE calls DROP CONSTRAINT refused');
    await expireAfter(stage, own, 60_000);
    expect((await load(own, bad)).state).toBe('missed');
  });
});
