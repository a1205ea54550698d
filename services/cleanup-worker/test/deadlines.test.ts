import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Call } from '@ringline/domain';
import { copyRinging } from '@ringline/testing/ringing';
import type { Service } from '@ringline/testing/service';
import { until } from '@ringline/testing/until';
import {
  accept,
  acknowledge,
  createUserId,
  leave,
  load,
  ring,
  startConnectedCall,
} from './commands.ts';
import type { ReceivedMessage } from './devices.ts';
import { createWorkerFixture, type WorkerFixture } from './fixture.ts';

let fixture: WorkerFixture;
let worker: Service;

beforeAll(async () => {
  fixture = await createWorkerFixture();
  worker = await fixture.startWorker();
});
afterAll(() => fixture.stop());

function waitForEnd(call: Call): Promise<Call> {
  return until('the call is over', async () => {
    const now = await load(fixture.engine, call);
    return now.endedAt !== null && now;
  });
}

/** Reads how many events this worker has decided because of a deadline. */
async function countExpiredEvents(worker: Service | undefined): Promise<number> {
  const text = await (await fetch(`${worker?.internalUrl}/metrics`)).text();
  return Number(/^ringline_deadline_lateness_seconds_count (\d+)$/m.exec(text)?.[1]);
}

describe('a worker without any call service', () => {
  it('expires an unanswered call, publishes to both sides, and deletes the room', async () => {
    const [ann, bob] = [createUserId('ann'), createUserId('bob')];
    const [receivedByAnn, receivedByBob] = [
      await fixture.devices.connect(ann),
      await fixture.devices.connect(bob),
    ];
    const call = await ring(fixture.engine, ann, [bob]);
    await fixture.moveTime(30_000);
    expect(await waitForEnd(call)).toMatchObject({
      state: 'missed',
      endReason: 'no_answer',
      endedBy: null,
      endedAt: call.createdAt + 30_000,
    });
    await until('both receive the end', () => receivedByBob.length + receivedByAnn.length >= 5);
    expect(receivedByAnn.map(({ event }) => event)).toEqual(['call:missed', 'call:ended']);
    expect(receivedByBob.map(({ event }) => event)).toEqual([
      'call:missed',
      'call:ended',
      'call:ringing_stopped',
    ]);
    await until('the room is deleted', async () => {
      return !(await fixture.engine.media.listRooms()).includes(call.roomName);
    });
    await until('the outbox is empty', async () => (await fixture.store.countUnsent()) === 0);
  });

  it('ends a call in which no one connects', async () => {
    const [ann, bob] = [createUserId('ann'), createUserId('bob')];
    const call = await ring(fixture.engine, ann, [bob]);
    await accept(fixture.engine, call, bob);
    await fixture.moveTime(30_000);
    expect(await waitForEnd(call)).toMatchObject({ state: 'failed', endReason: 'connect_timeout' });
  });

  it('warns a participant who is alone, and then ends the call', async () => {
    const [ann, bob, cid] = [createUserId('ann'), createUserId('bob'), createUserId('cid')];
    const call = await startConnectedCall(fixture.engine, ann, [bob, cid]);
    await leave(fixture.engine, call, bob);
    await leave(fixture.engine, call, cid);
    const received = await fixture.devices.connect(ann);
    await fixture.moveTime(30_000);
    const warned = await until('ann is warned', () => received[0]);
    expect(warned).toMatchObject({
      event: 'call:ending_soon',
      payload: { reason: 'solo_timeout' },
    });
    await fixture.moveTime(30_000);
    expect(await waitForEnd(call)).toMatchObject({ state: 'ended', endReason: 'solo_timeout' });
  });

  it('warns both participants a minute before the maximum duration, and then ends the call', async () => {
    const [ann, bob] = [createUserId('ann'), createUserId('bob')];
    const call = await startConnectedCall(fixture.engine, ann, [bob]);
    const received = [await fixture.devices.connect(ann), await fixture.devices.connect(bob)];
    await fixture.moveTime(14_340_000);
    const at = new Date((call.connectedAt ?? 0) + 14_400_000).toISOString();
    for (const messages of received) {
      expect(await until('they are warned', () => messages[0])).toMatchObject({
        event: 'call:ending_soon',
        payload: { callId: call.id, at, reason: 'max_duration' },
      });
    }
    await fixture.moveTime(60_000);
    expect(await waitForEnd(call)).toMatchObject({
      state: 'ended',
      endReason: 'max_duration',
      endedAt: (call.connectedAt ?? 0) + 14_400_000,
    });
  });
});

describe('calls that expire together', () => {
  const startMany = async (count: number): Promise<Call[]> => {
    const calls: Call[] = [];
    while (calls.length < count) {
      const batch = Array.from({ length: 20 }, () =>
        ring(fixture.engine, createUserId('ann'), [createUserId('bob')]),
      );
      calls.push(...(await Promise.all(batch)));
    }
    return calls;
  };

  const statesOf = (calls: Call[]): Promise<{ state: string; count: number }[]> =>
    fixture.query(
      'SELECT state, count(*)::int AS count FROM calls WHERE id = ANY ($1::uuid[]) GROUP BY state',
      [calls.map(({ id }) => id)],
    );

  const expectAllMissed = async (calls: Call[]): Promise<void> => {
    await until('all are missed', async () => {
      const [first, ...others] = await statesOf(calls);
      return others.length === 0 && first?.state === 'missed';
    });
    const ends = await fixture.query<{ count: number }>(
      `SELECT count(*)::int AS count FROM call_events
       WHERE call_id = ANY ($1::uuid[]) AND event = 'call:ended' GROUP BY call_id`,
      [calls.map(({ id }) => id)],
    );
    expect(ends).toEqual(calls.map(() => ({ count: 1 })));
  };

  it('are all decided and published although a worker is killed meanwhile', async () => {
    const calls = await startMany(300);
    const [last] = calls.slice(-1);
    const callee = last?.participants[1]?.userId ?? '';
    const received = await fixture.devices.connect(callee);
    await worker.kill();
    const killed = await fixture.startWorker();
    await fixture.moveTime(30_000);
    await until('the first are decided', async () =>
      (await statesOf(calls)).some(({ state }) => state === 'missed'),
    );
    await killed.kill();
    worker = await fixture.startWorker();
    await expectAllMissed(calls);
    await until('the outbox is empty', async () => (await fixture.store.countUnsent()) === 0);
    await until('the callee has received the end', () =>
      received.some(({ event }) => event === 'call:ended'),
    );
  });
});

describe('ten thousand rings that run out within one second', () => {
  const COUNT = 10_000;
  const CALLS = [{ calls: COUNT }];
  let crowd: WorkerFixture;
  let workers: Service[];
  let call: Call;
  let received: ReceivedMessage[];

  beforeAll(async () => {
    crowd = await createWorkerFixture();
    call = await ring(crowd.engine, 'ann', ['bob']);
    await acknowledge(crowd.engine, call, 'bob');
    await copyRinging(crowd.query, call.id, COUNT - 1);
    received = await crowd.devices.connect('ann-9999');
    // LiveKit is not needed, since no user is in a room.
    const withoutLiveKit = { LIVEKIT_URL: 'http://127.0.0.1:9', LOG_LEVEL: 'error' };
    workers = await Promise.all([0, 1].map(() => crowd.startWorker(withoutLiveKit)));
    await crowd.moveTime(31_000);
    await until(
      'all are decided and published',
      async () => {
        const ringing = `SELECT FROM calls WHERE state = 'ringing' LIMIT 1`;
        return !(await crowd.query(ringing)).length && (await crowd.store.countUnsent()) === 0;
      },
      60_000,
    );
  }, 90_000);
  afterAll(() => crowd.stop());

  it('are shared by two workers and decided once each', async () => {
    // Each missed call is two events.
    const [one, other] = [
      await countExpiredEvents(workers[0]),
      await countExpiredEvents(workers[1]),
    ];
    expect(one + other).toBe(2 * COUNT);
    expect(Math.min(one, other)).toBeGreaterThan(0);
    expect(
      await crowd.query(
        'SELECT state, end_reason, version, count(*)::int AS calls FROM calls GROUP BY 1, 2, 3',
      ),
    ).toEqual([{ state: 'missed', end_reason: 'no_answer', version: 3, ...CALLS[0] }]);
  });

  it('end at their own deadline, with one call:ended each and no gap in their events', async () => {
    expect(
      await crowd.query(
        `SELECT count(*)::int AS calls FROM (
           SELECT FROM call_events JOIN calls ON calls.id = call_id
           GROUP BY calls.id HAVING count(*) = calls.seq AND max(call_events.seq) = calls.seq
             AND count(*) FILTER (WHERE event = 'call:ended' AND at = ended_at) = 1
             AND count(*) FILTER (WHERE event = 'call:missed') = 1
         ) AS whole`,
      ),
    ).toEqual(CALLS);
    expect(
      await crowd.query(
        `SELECT count(*)::int AS calls FROM calls JOIN call_invitations ON call_id = id
         WHERE outcome = 'missed' AND expires_at = calls.ended_at AND expires_at = call_invitations.ended_at`,
      ),
    ).toEqual(CALLS);
  });

  it('leave no user busy', async () => {
    expect(
      await crowd.query(
        `SELECT state, count(*)::int AS calls FROM call_participants GROUP BY state ORDER BY state`,
      ),
    ).toEqual([
      { state: 'left', ...CALLS[0] },
      { state: 'missed', ...CALLS[0] },
    ]);
  });

  it('are published to the callers', () => {
    // At least once: a message that was published late may be published again.
    expect([...new Set(received.map(({ event }) => event))]).toEqual(['call:missed', 'call:ended']);
  });
});
