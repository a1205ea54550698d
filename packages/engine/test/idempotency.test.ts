import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type CommandRequest, createLiveKit } from '@ringline/engine';
import { createMetrics } from '@ringline/platform';
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
  person,
  ring,
  run,
  someone,
  start,
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

function duo() {
  return [someone('ann'), someone('bob')] as const;
}

describe('a start with an idempotency key', () => {
  it('that is repeated changes nothing and answers with the first status and the call as it is now', async () => {
    const [ann, bob] = duo();
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

  it('that comes ten times at once is one call', async () => {
    const [ann, bob] = duo();
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

  it('answers with the first refusal, though the callee is free by now', async () => {
    const [ann, bob] = duo();
    const busy = await ring(engine, bob, [someone('cid')]);
    const key = keyed(ann, randomUUID(), 'start bob', 201);
    const first = await start(engine, ann, [bob], {}, key);
    expect(first.refusal).toMatchObject({ code: 'USER_BUSY', callId: first.call?.id });
    await must(engine, busy, end(bob), by(bob));
    const repeated = await start(otherEngine, ann, [bob], {}, key);
    expect(repeated).toEqual(first);
  });

  it('that was merged into the other’s call says so again', async () => {
    const [ann, bob] = duo();
    const existing = await ring(engine, bob, [ann]);
    const key = keyed(ann, randomUUID(), 'start bob', 201);
    for (const replica of [engine, otherEngine]) {
      const outcome = await start(replica, ann, [bob], {}, key);
      expect(outcome).toMatchObject({ status: 200, merged: true, call: { id: existing.id } });
    }
  });
});

describe('a command with an idempotency key', () => {
  it('that is repeated is not carried out again', async () => {
    const [ann, bob] = duo();
    const call = await ring(engine, ann, [bob, someone('cid')]);
    const idempotency = keyed(bob, randomUUID());
    await must(engine, call, accept(bob), by(bob), { idempotency });
    await must(engine, call, leave(bob), by(bob));
    const outcome = await run(otherEngine, call, accept(bob), by(bob), { idempotency });
    expect(outcome).toMatchObject({ refusal: null, status: 200 });
    expect(callOf(outcome).participants.find(({ userId }) => userId === bob)?.state).toBe('left');
  });

  it('that comes ten times at once is decided once', async () => {
    const [ann, bob] = duo();
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

  it('that was refused is refused again in the same way', async () => {
    const [ann, bob] = duo();
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

  it('and another body is IDEMPOTENCY_KEY_REUSED, for one user and not for another', async () => {
    const [ann, bob] = duo();
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

  it('is kept for a day', async () => {
    const [ann, bob] = duo();
    const call = await ring(engine, ann, [bob]);
    const key = randomUUID();
    await must(engine, call, end(ann), by(ann), { idempotency: keyed(ann, key, 'one body') });
    await stage.pass(24 * 3_600_000);
    await must(engine, call, end(ann), by(ann), { idempotency: keyed(ann, key, 'another body') });
  });
});

/** An engine whose LiveKit is away. */
function withoutLiveKit(): TestEngine {
  return stage.engine({
    media: createLiveKit({ ...stage.livekit, url: 'http://127.0.0.1:9' }, createMetrics()),
  });
}

describe('a start with a key while LiveKit is away', () => {
  const callsOf = (userId: string) =>
    stage.query<{ state: string }>(
      'SELECT state FROM calls WHERE initiator_id = $1 ORDER BY created_at',
      [userId],
    );

  it('rings with the same key once LiveKit is back', async () => {
    const [ann, bob] = duo();
    const key = keyed(ann, randomUUID(), 'start bob', 201);
    const refused = await start(withoutLiveKit(), ann, [bob], {}, key);
    expect(refused.refusal?.code).toBe('MEDIA_UNAVAILABLE');
    const rung = await start(otherEngine, ann, [bob], {}, key);
    expect(rung).toMatchObject({ refusal: null, status: 201, call: { state: 'ringing' } });
    expect(await start(engine, ann, [bob], {}, key)).toEqual(rung);
    expect(await callsOf(ann)).toEqual([{ state: 'failed' }, { state: 'ringing' }]);
  });

  it('leaves one failed call, however often it is repeated', async () => {
    const [ann, bob] = duo();
    const key = keyed(ann, randomUUID(), 'start bob', 201);
    const away = withoutLiveKit();
    const first = await start(away, ann, [bob], {}, key);
    const { length } = away.sent;
    for (const replica of [away, withoutLiveKit()]) {
      expect(await start(replica, ann, [bob], {}, key)).toEqual(first);
    }
    expect(away.sent).toHaveLength(length);
    expect(await callsOf(ann)).toEqual([{ state: 'failed' }]);
  });

  it('without a key leaves one failed call for each try', async () => {
    const [ann, bob] = duo();
    const away = withoutLiveKit();
    for (const _ of [1, 2]) await start(away, ann, [bob]);
    expect(await callsOf(ann)).toEqual([{ state: 'failed' }, { state: 'failed' }]);
  });

  it('is answered for good by a refusal that lasts', async () => {
    const [ann, bob] = duo();
    const key = keyed(ann, randomUUID(), 'start bob', 201);
    await start(withoutLiveKit(), ann, [bob], {}, key);
    const busy = await ring(engine, bob, [someone('cid')]);
    const refused = await start(engine, ann, [bob], {}, key);
    expect(refused.refusal?.code).toBe('USER_BUSY');
    await must(engine, busy, end(bob), by(bob));
    expect(await start(engine, ann, [bob], {}, key)).toEqual(refused);
  });
});

describe('a mute with a key', () => {
  const muted = async () => {
    const [ann, bob] = duo();
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

  /** An engine that counts how often LiveKit is asked to mute. */
  const counting = (more: Partial<TestEngine['parts']['store']> = {}) => {
    const asked: string[] = [];
    const { media, store } = engine.parts;
    const mute = async (_roomName: string, userId: string) => {
      asked.push(userId);
    };
    const made = stage.engine({ media: { ...media, mute }, store: { ...store, ...more } });
    return { ...made, asked };
  };

  it('that LiveKit refused is carried out by its repeat, and not again after that', async () => {
    const muteBob = await muted();
    const away = await muteBob(withoutLiveKit());
    expect(away.refusal?.code).toBe('MEDIA_UNAVAILABLE');
    const back = counting();
    for (const _ of [1, 2]) {
      expect(await muteBob(back)).toMatchObject({ refusal: null, status: 200 });
    }
    expect(back.asked).toHaveLength(1);
  });

  it('that was carried out, but not answered, is carried out again', async () => {
    const muteBob = await muted();
    const dying = counting({ saveIdempotent: () => Promise.reject(new Error('died')) });
    await expect(muteBob(dying)).rejects.toThrow('died');
    const next = counting();
    expect(await muteBob(next)).toMatchObject({ refusal: null, status: 200 });
    expect([dying.asked.length, next.asked.length]).toEqual([1, 1]);
  });

  it('that comes ten times at once succeeds ten times', async () => {
    const muteBob = await muted();
    const outcomes = await Promise.all(
      Array.from({ length: 10 }, (_, index) => muteBob(index % 2 ? engine : otherEngine)),
    );
    for (const outcome of outcomes) expect(outcome).toMatchObject({ refusal: null, status: 200 });
  });
});
