import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Call } from '@ringline/domain';
import type { Service } from '@ringline/testing/service';
import { until } from '@ringline/testing/until';
import { accept, connected, leave, load, ring, someone } from './acts.ts';
import { type Stage, setStage } from './stage.ts';

let stage: Stage;
let worker: Service;

beforeAll(async () => {
  stage = await setStage();
  worker = await stage.startWorker();
});
afterAll(() => stage.clear());

const over = (call: Call): Promise<Call> =>
  until('the call is over', async () => {
    const now = await load(stage.engine, call);
    return now.endedAt !== null && now;
  });

/** How many events this worker has decided by their time. */
const decidedBy = async ({ internalUrl }: Service): Promise<number> => {
  const text = await (await fetch(`${internalUrl}/metrics`)).text();
  return Number(/^ringline_deadline_lateness_seconds_count (\d+)$/m.exec(text)?.[1]);
};

describe('without any call service, a worker alone', () => {
  it('decides a call that nobody answers, tells both sides, and closes the room', async () => {
    const [ann, bob] = [someone('ann'), someone('bob')];
    const [heardByAnn, heardByBob] = [await stage.ears.listen(ann), await stage.ears.listen(bob)];
    const call = await ring(stage.engine, ann, [bob]);
    await stage.pass(30_000);
    expect(await over(call)).toMatchObject({
      state: 'missed',
      endReason: 'no_answer',
      endedBy: null,
      endedAt: call.createdAt + 30_000,
    });
    await until('both hear', () => heardByBob.length + heardByAnn.length >= 5);
    expect(heardByAnn.map(({ event }) => event)).toEqual(['call:missed', 'call:ended']);
    expect(heardByBob.map(({ event }) => event)).toEqual([
      'call:missed',
      'call:ended',
      'call:ringing_stopped',
    ]);
    await until('the room is closed', async () => {
      return !(await stage.engine.media.roomNames()).includes(call.roomName);
    });
    await until('the outbox is empty', async () => (await stage.store.outboxUnsent()) === 0);
  });

  it('ends a call to which nobody connects', async () => {
    const [ann, bob] = [someone('ann'), someone('bob')];
    const call = await ring(stage.engine, ann, [bob]);
    await accept(stage.engine, call, bob);
    await stage.pass(30_000);
    expect(await over(call)).toMatchObject({ state: 'failed', endReason: 'connect_timeout' });
  });

  it('warns one who is alone, and then ends the call', async () => {
    const [ann, bob, cid] = [someone('ann'), someone('bob'), someone('cid')];
    const call = await connected(stage.engine, ann, [bob, cid]);
    await leave(stage.engine, call, bob);
    await leave(stage.engine, call, cid);
    const heard = await stage.ears.listen(ann);
    await stage.pass(30_000);
    const warned = await until('ann is warned', () => heard[0]);
    expect(warned).toMatchObject({
      event: 'call:ending_soon',
      payload: { reason: 'solo_timeout' },
    });
    await stage.pass(30_000);
    expect(await over(call)).toMatchObject({ state: 'ended', endReason: 'solo_timeout' });
  });

  it('ends a call that has lasted as long as a call may', async () => {
    const [ann, bob] = [someone('ann'), someone('bob')];
    const call = await connected(stage.engine, ann, [bob]);
    await stage.pass(14_400_000);
    expect(await over(call)).toMatchObject({
      state: 'ended',
      endReason: 'max_duration',
      endedAt: (call.connectedAt ?? 0) + 14_400_000,
    });
  });
});

describe('calls that fall due together', () => {
  const many = async (count: number): Promise<Call[]> => {
    const calls: Call[] = [];
    while (calls.length < count) {
      const batch = Array.from({ length: 20 }, () =>
        ring(stage.engine, someone('ann'), [someone('bob')]),
      );
      calls.push(...(await Promise.all(batch)));
    }
    return calls;
  };

  const statesOf = (calls: Call[]): Promise<{ state: string; count: number }[]> =>
    stage.query(
      'SELECT state, count(*)::int AS count FROM calls WHERE id = ANY ($1::uuid[]) GROUP BY state',
      [calls.map(({ id }) => id)],
    );

  const allMissed = async (calls: Call[]): Promise<void> => {
    await until('all are missed', async () => {
      const [first, ...others] = await statesOf(calls);
      return others.length === 0 && first?.state === 'missed';
    });
    const ends = await stage.query<{ count: number }>(
      `SELECT count(*)::int AS count FROM call_events
       WHERE call_id = ANY ($1::uuid[]) AND event = 'call:ended' GROUP BY call_id`,
      [calls.map(({ id }) => id)],
    );
    expect(ends).toEqual(calls.map(() => ({ count: 1 })));
  };

  it('are decided once each, by two workers at once', async () => {
    const other = await stage.startWorker();
    const before = await decidedBy(worker);
    const calls = await many(400);
    await stage.pass(30_000);
    await allMissed(calls);
    // Each missed call is two events.
    expect((await decidedBy(worker)) - before + (await decidedBy(other))).toBe(800);
    await until('the outbox is empty', async () => (await stage.store.outboxUnsent()) === 0);
    await other.stop();
  });

  it('are all decided and told of, though a worker is killed in the middle', async () => {
    const calls = await many(300);
    const [last] = calls.slice(-1);
    const callee = last?.participants[1]?.userId ?? '';
    const heard = await stage.ears.listen(callee);
    await worker.kill();
    const doomed = await stage.startWorker();
    await stage.pass(30_000);
    await until('the first are decided', async () =>
      (await statesOf(calls)).some(({ state }) => state === 'missed'),
    );
    await doomed.kill();
    worker = await stage.startWorker();
    await allMissed(calls);
    await until('the outbox is empty', async () => (await stage.store.outboxUnsent()) === 0);
    await until('the callee has heard the end', () =>
      heard.some(({ event }) => event === 'call:ended'),
    );
  });
});
