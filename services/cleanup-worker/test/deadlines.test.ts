import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Call } from '@ringline/domain';
import { copyRinging } from '@ringline/testing/ringing';
import type { Service } from '@ringline/testing/service';
import { until } from '@ringline/testing/until';
import { accept, acknowledge, connected, leave, load, ring, someone } from './acts.ts';
import type { Heard } from './ears.ts';
import { type Stage, setStage } from './stage.ts';

let stage: Stage;
let worker: Service;

beforeAll(async () => {
  stage = await setStage();
  worker = await stage.startWorker();
});
afterAll(() => stage.clear());

function over(call: Call): Promise<Call> {
  return until('the call is over', async () => {
    const now = await load(stage.engine, call);
    return now.endedAt !== null && now;
  });
}

/** How many events this worker has decided by their time. */
async function decidedBy(worker: Service | undefined): Promise<number> {
  const text = await (await fetch(`${worker?.internalUrl}/metrics`)).text();
  return Number(/^ringline_deadline_lateness_seconds_count (\d+)$/m.exec(text)?.[1]);
}

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
      return !(await stage.engine.media.listRooms()).includes(call.roomName);
    });
    await until('the outbox is empty', async () => (await stage.store.countUnsent()) === 0);
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

  it('warns both a minute before a call has lasted as long as it may, and then ends it', async () => {
    const [ann, bob] = [someone('ann'), someone('bob')];
    const call = await connected(stage.engine, ann, [bob]);
    const heard = [await stage.ears.listen(ann), await stage.ears.listen(bob)];
    await stage.pass(14_340_000);
    const at = new Date((call.connectedAt ?? 0) + 14_400_000).toISOString();
    for (const one of heard) {
      expect(await until('they are warned', () => one[0])).toMatchObject({
        event: 'call:ending_soon',
        payload: { callId: call.id, at, reason: 'max_duration' },
      });
    }
    await stage.pass(60_000);
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
    await until('the outbox is empty', async () => (await stage.store.countUnsent()) === 0);
    await until('the callee has heard the end', () =>
      heard.some(({ event }) => event === 'call:ended'),
    );
  });
});

describe('ten thousand rings that run out within one second', () => {
  const COUNT = 10_000;
  const CALLS = [{ calls: COUNT }];
  let crowded: Stage;
  let workers: Service[];
  let call: Call;
  let heard: Heard[];

  beforeAll(async () => {
    crowded = await setStage();
    call = await ring(crowded.engine, 'ann', ['bob']);
    await acknowledge(crowded.engine, call, 'bob');
    await copyRinging(crowded.query, call.id, COUNT - 1);
    heard = await crowded.ears.listen('ann-9999');
    // Where nobody is in a room, LiveKit has nothing to say about it.
    const withoutLiveKit = { LIVEKIT_URL: 'http://127.0.0.1:9', LOG_LEVEL: 'error' };
    workers = await Promise.all([0, 1].map(() => crowded.startWorker(withoutLiveKit)));
    await crowded.pass(31_000);
    await until(
      'all are decided and told of',
      async () => {
        const ringing = `SELECT FROM calls WHERE state = 'ringing' LIMIT 1`;
        return !(await crowded.query(ringing)).length && (await crowded.store.countUnsent()) === 0;
      },
      60_000,
    );
  }, 90_000);
  afterAll(() => crowded.clear());

  it('are shared by two workers, which decide each of them once', async () => {
    // Each missed call is two events.
    const [one, other] = [await decidedBy(workers[0]), await decidedBy(workers[1])];
    expect(one + other).toBe(2 * COUNT);
    expect(Math.min(one, other)).toBeGreaterThan(0);
    expect(
      await crowded.query(
        'SELECT state, end_reason, version, count(*)::int AS calls FROM calls GROUP BY 1, 2, 3',
      ),
    ).toEqual([{ state: 'missed', end_reason: 'no_answer', version: 3, ...CALLS[0] }]);
  });

  it('end at their own deadline, with one end each and no number left out', async () => {
    expect(
      await crowded.query(
        `SELECT count(*)::int AS calls FROM (
           SELECT FROM call_events JOIN calls ON calls.id = call_id
           GROUP BY calls.id HAVING count(*) = calls.seq AND max(call_events.seq) = calls.seq
             AND count(*) FILTER (WHERE event = 'call:ended' AND at = ended_at) = 1
             AND count(*) FILTER (WHERE event = 'call:missed') = 1
         ) AS whole`,
      ),
    ).toEqual(CALLS);
    expect(
      await crowded.query(
        `SELECT count(*)::int AS calls FROM calls JOIN call_invitations ON call_id = id
         WHERE outcome = 'missed' AND expires_at = calls.ended_at AND expires_at = call_invitations.ended_at`,
      ),
    ).toEqual(CALLS);
  });

  it('leave nobody claimed', async () => {
    expect(
      await crowded.query(
        `SELECT state, count(*)::int AS calls FROM call_participants GROUP BY state ORDER BY state`,
      ),
    ).toEqual([
      { state: 'left', ...CALLS[0] },
      { state: 'missed', ...CALLS[0] },
    ]);
  });

  it('are told of to those who wait', () => {
    // At least once: what was told late may be told again.
    expect([...new Set(heard.map(({ event }) => event))]).toEqual(['call:missed', 'call:ended']);
  });
});
