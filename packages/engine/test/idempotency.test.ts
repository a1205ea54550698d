import { randomUUID } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import type { CommandRequest } from '@ringline/engine';
import {
  accept,
  by,
  callOf,
  connected,
  end,
  keyed,
  leave,
  load,
  must,
  people,
  person,
  ring,
  run,
  someone,
  start,
} from './acts.ts';
import { type TestEngine, useStage, withoutLiveKit } from './stage.ts';

const { stage, engine, otherEngine } = useStage();

describe('a start with an idempotency key', () => {
  it('changes nothing when repeated, and returns the first status with the current call', async () => {
    const [ann, bob] = people();
    const key = keyed(ann, randomUUID(), 'start bob', 201);
    const first = callOf(await start(engine, ann, [bob], {}, key));
    await must(engine, first, accept(bob), by(bob));
    const sent = otherEngine.sent.length;
    const repeated = await start(otherEngine, ann, [bob], {}, key);
    expect(repeated).toMatchObject({ refusal: null, status: 201, merged: false });
    expect(callOf(repeated)).toEqual(await load(engine, first));
    expect(callOf(repeated).state).toBe('connecting');
    expect(otherEngine.sent).toHaveLength(sent);
  });

  it('starts one call when sent ten times at once', async () => {
    const [ann, bob] = people();
    const key = keyed(ann, randomUUID(), 'start bob', 201);
    const outcomes = await Promise.all(
      Array.from({ length: 10 }, (_, index) =>
        start(index % 2 ? engine : otherEngine, ann, [bob], {}, key),
      ),
    );
    expect(new Set(outcomes.map((outcome) => callOf(outcome).id)).size).toBe(1);
    expect(outcomes.every((outcome) => outcome.refusal === null && outcome.status === 201)).toBe(
      true,
    );
    const calls = await stage.query('SELECT FROM calls WHERE initiator_id = $1', [ann]);
    expect(calls).toHaveLength(1);
  });

  it('returns the first refusal, even if the callee is free by now', async () => {
    const [ann, bob] = people();
    const busy = await ring(engine, bob, [someone('cid')]);
    const key = keyed(ann, randomUUID(), 'start bob', 201);
    const first = await start(engine, ann, [bob], {}, key);
    expect(first.refusal).toMatchObject({ code: 'USER_BUSY', callId: first.call?.id });
    await must(engine, busy, end(bob), by(bob));
    const repeated = await start(otherEngine, ann, [bob], {}, key);
    expect(repeated).toEqual(first);
  });

  it('returns the merged call again when repeated', async () => {
    const [ann, bob] = people();
    const existing = await ring(engine, bob, [ann]);
    const key = keyed(ann, randomUUID(), 'start bob', 201);
    for (const replica of [engine, otherEngine]) {
      const outcome = await start(replica, ann, [bob], {}, key);
      expect(outcome).toMatchObject({ status: 200, merged: true, call: { id: existing.id } });
    }
  });
});

describe('a command with an idempotency key', () => {
  it('is not run again when repeated', async () => {
    const [ann, bob] = people();
    const call = await ring(engine, ann, [bob, someone('cid')]);
    const idempotency = keyed(bob, randomUUID());
    await must(engine, call, accept(bob), by(bob), { idempotency });
    await must(engine, call, leave(bob), by(bob));
    const outcome = await run(otherEngine, call, accept(bob), by(bob), { idempotency });
    expect(outcome).toMatchObject({ refusal: null, status: 200 });
    expect(callOf(outcome).participants.find(({ userId }) => userId === bob)?.state).toBe('left');
  });

  it('is decided once when sent ten times at once', async () => {
    const [ann, bob] = people();
    const call = await ring(engine, ann, [bob]);
    const idempotency = keyed(bob, randomUUID());
    const outcomes = await Promise.all(
      Array.from({ length: 10 }, (_, index) =>
        run(index % 2 ? engine : otherEngine, call, accept(bob), by(bob), { idempotency }),
      ),
    );
    expect(outcomes.every((outcome) => outcome.refusal === null && outcome.status === 200)).toBe(
      true,
    );
    const accepted = await stage.query(
      `SELECT FROM call_events WHERE call_id = $1 AND event = 'call:accepted'`,
      [call.id],
    );
    expect(accepted).toHaveLength(1);
  });

  it('returns the first refusal again', async () => {
    const [ann, bob] = people();
    const call = await ring(engine, ann, [bob]);
    const idempotency = keyed(bob, randomUUID());
    const token: CommandRequest = {
      name: 'token',
      person: person(bob),
      deviceId: null,
      takeover: false,
    };
    const refused = await run(engine, call, token, by(bob), { idempotency });
    expect(refused.refusal?.code).toBe('NOT_ACCEPTED');
    await must(engine, call, accept(bob), by(bob));
    const again = await run(otherEngine, call, token, by(bob), { idempotency });
    expect(again.refusal).toEqual(refused.refusal);
  });

  it('with another body is refused with IDEMPOTENCY_KEY_REUSED, for the same user only', async () => {
    const [ann, bob] = people();
    const call = await ring(engine, ann, [bob]);
    const key = randomUUID();
    await must(engine, call, accept(bob), by(bob), { idempotency: keyed(bob, key, 'one body') });
    const reused = await run(otherEngine, call, leave(bob), by(bob), {
      idempotency: keyed(bob, key, 'another body'),
    });
    expect(reused).toMatchObject({ refusal: { code: 'IDEMPOTENCY_KEY_REUSED' } });
    expect((await load(engine, call)).state).toBe('connecting');
    await must(engine, call, end(ann), by(ann), { idempotency: keyed(ann, key, 'a third one') });
  });

  it('frees its key after a day', async () => {
    const [ann, bob] = people();
    const call = await ring(engine, ann, [bob]);
    const key = randomUUID();
    await must(engine, call, end(ann), by(ann), { idempotency: keyed(ann, key, 'one body') });
    await stage.pass(24 * 3_600_000);
    await must(engine, call, end(ann), by(ann), { idempotency: keyed(ann, key, 'another body') });
  });
});

describe('a start with a key while LiveKit is away', () => {
  const listCalls = (userId: string) =>
    stage.query<{ state: string }>(
      'SELECT state FROM calls WHERE initiator_id = $1 ORDER BY created_at',
      [userId],
    );

  it('rings with the same key once LiveKit is back', async () => {
    const [ann, bob] = people();
    const key = keyed(ann, randomUUID(), 'start bob', 201);
    const refused = await start(withoutLiveKit(stage), ann, [bob], {}, key);
    expect(refused.refusal?.code).toBe('MEDIA_UNAVAILABLE');
    const ringing = await start(otherEngine, ann, [bob], {}, key);
    expect(ringing).toMatchObject({ refusal: null, status: 201, call: { state: 'ringing' } });
    expect(await start(engine, ann, [bob], {}, key)).toEqual(ringing);
    expect(await listCalls(ann)).toEqual([{ state: 'failed' }, { state: 'ringing' }]);
  });

  it('records one failed call, however often it is repeated', async () => {
    const [ann, bob] = people();
    const key = keyed(ann, randomUUID(), 'start bob', 201);
    const away = withoutLiveKit(stage);
    const first = await start(away, ann, [bob], {}, key);
    const { length } = away.sent;
    for (const replica of [away, withoutLiveKit(stage)]) {
      expect(await start(replica, ann, [bob], {}, key)).toEqual(first);
    }
    expect(away.sent).toHaveLength(length);
    expect(await listCalls(ann)).toEqual([{ state: 'failed' }]);
  });

  it('records a failed call for each attempt without a key', async () => {
    const [ann, bob] = people();
    const away = withoutLiveKit(stage);
    for (const _ of [1, 2]) await start(away, ann, [bob]);
    expect(await listCalls(ann)).toEqual([{ state: 'failed' }, { state: 'failed' }]);
  });

  it('returns a lasting refusal to every repeat', async () => {
    const [ann, bob] = people();
    const key = keyed(ann, randomUUID(), 'start bob', 201);
    await start(withoutLiveKit(stage), ann, [bob], {}, key);
    const busy = await ring(engine, bob, [someone('cid')]);
    const refused = await start(engine, ann, [bob], {}, key);
    expect(refused.refusal?.code).toBe('USER_BUSY');
    await must(engine, busy, end(bob), by(bob));
    expect(await start(engine, ann, [bob], {}, key)).toEqual(refused);
  });
});

describe('a mute with a key', () => {
  const prepareMute = async () => {
    const [ann, bob] = people();
    const call = await connected(engine, ann, [bob, someone('cid')]);
    const command: CommandRequest = {
      name: 'mute',
      person: person(ann),
      userId: bob,
      kind: 'audio',
    };
    const attached = { idempotency: keyed(ann, randomUUID()) };
    return (replica: TestEngine) => run(replica, call, command, by(ann), attached);
  };

  /** An engine that records its mute requests to LiveKit. */
  const recordingMutes = (more: Partial<TestEngine['parts']['store']> = {}) => {
    const requests: string[] = [];
    const { media, store } = engine.parts;
    const mute = async (_roomName: string, userId: string) => {
      requests.push(userId);
    };
    const created = stage.engine({ media: { ...media, mute }, store: { ...store, ...more } });
    return { ...created, requests };
  };

  it('is done once by repeats after LiveKit refused it', async () => {
    const muteBob = await prepareMute();
    const away = await muteBob(withoutLiveKit(stage));
    expect(away.refusal?.code).toBe('MEDIA_UNAVAILABLE');
    const back = recordingMutes();
    for (const _ of [1, 2]) {
      expect(await muteBob(back)).toMatchObject({ refusal: null, status: 200 });
    }
    expect(back.requests).toHaveLength(1);
  });

  it('is done again if the process died before the response', async () => {
    const muteBob = await prepareMute();
    const dying = recordingMutes({ saveIdempotent: () => Promise.reject(new Error('died')) });
    await expect(muteBob(dying)).rejects.toThrow('died');
    const next = recordingMutes();
    expect(await muteBob(next)).toMatchObject({ refusal: null, status: 200 });
    expect([dying.requests.length, next.requests.length]).toEqual([1, 1]);
  });

  it('succeeds ten times when sent ten times at once', async () => {
    const muteBob = await prepareMute();
    const outcomes = await Promise.all(
      Array.from({ length: 10 }, (_, index) => muteBob(index % 2 ? engine : otherEngine)),
    );
    for (const outcome of outcomes) expect(outcome).toMatchObject({ refusal: null, status: 200 });
  });
});
