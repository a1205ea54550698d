import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createLiveKit, createOrigin, type Outcome } from '@ringline/engine';
import { createMetrics } from '@ringline/platform';
import {
  accept,
  by,
  callOf,
  connected,
  end,
  keyed,
  load,
  must,
  ring,
  someone,
  start,
  startRequest,
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

async function countCalls(): Promise<number> {
  const [row] = await stage.query<{ count: number }>('SELECT count(*)::int AS count FROM calls');
  return row?.count ?? 0;
}

function codeOf({ refusal }: Outcome): string {
  return refusal?.code ?? 'started';
}

describe('a start', () => {
  it('makes the room, then rings: everything that a callee hears of has a room', async () => {
    const [ann, bob] = [someone('ann'), someone('bob')];
    const outcome = await start(engine, ann, [bob]);
    expect(outcome).toMatchObject({ refusal: null, status: 201, merged: false });
    const call = callOf(outcome);
    expect(call.state).toBe('ringing');
    expect(await load(otherEngine, call)).toEqual(call);
    expect(await engine.parts.media.listRooms()).toContain(call.roomName);
    expect(engine.sent.filter(({ to }) => to.includes(bob)).map(({ event }) => event)).toEqual([
      'call:incoming',
      'call:started',
      'call:state_changed',
    ]);
  });

  it('gives every call a room of its own, with a name that cannot be guessed', async () => {
    const one = await ring(engine, someone('ann'), [someone('bob')]);
    const other = await ring(engine, someone('ann'), [someone('bob')]);
    const deploymentId = await engine.parts.store.getDeploymentId();
    expect(one.roomName).toMatch(new RegExp(`^call_${deploymentId}\\.[\\w-]{24}$`));
    expect(other.roomName).not.toBe(one.roomName);
    expect(one.roomName).not.toContain(one.id);
  });

  it('leaves nothing in the outbox once it was published', async () => {
    await ring(engine, someone('ann'), [someone('bob')]);
    await engine.parts.backgroundTasks.drained();
    expect(await engine.parts.store.countUnsent()).toBe(0);
  });

  it('leaves its messages in the outbox while Redis is away, though this replica tells its own', async () => {
    const sent: string[] = [];
    const alone = stage.engine({
      publisher: {
        publish: async (messages) => {
          sent.push(...messages.map(({ event }) => event));
          throw new Error('Redis is away');
        },
        reachesAll: () => false,
      },
    });
    const call = await ring(alone, someone('ann'), [someone('bob')]);
    await alone.parts.backgroundTasks.drained();
    expect(sent).toContain('call:incoming');
    const rows = await stage.query('SELECT FROM outbox WHERE call_id = $1', [call.id]);
    expect(rows).toHaveLength(1);
    await stage.query('DELETE FROM outbox');
  });

  it('beyond the seats is refused, and neither call nor room is made', async () => {
    const before = [await countCalls(), (await engine.parts.media.listRooms()).length];
    const outcome = await start(engine, someone('ann'), [someone('bob'), someone('cid')], {
      maxParticipants: 2,
    });
    expect(outcome).toMatchObject({ refusal: { code: 'CALL_FULL' }, call: null });
    expect([await countCalls(), (await engine.parts.media.listRooms()).length]).toEqual(before);
  });
});

describe('a start that LiveKit refuses', () => {
  it('is recorded as failed, answers MEDIA_UNAVAILABLE, and rings nobody', async () => {
    const metrics = createMetrics();
    const nowhere = { ...stage.livekit, url: 'http://127.0.0.1:9' };
    const without = stage.engine({ media: createLiveKit(nowhere, metrics) });
    const [ann, bob] = [someone('ann'), someone('bob')];
    const outcome = await start(without, ann, [bob]);
    expect(outcome.refusal).toMatchObject({ code: 'MEDIA_UNAVAILABLE' });
    expect(outcome.call).toMatchObject({ state: 'failed', endReason: 'media_failure' });
    const recorded = outcome.call && (await load(engine, outcome.call));
    expect(recorded).toMatchObject({ state: 'failed', endReason: 'media_failure', endedBy: null });
    expect(without.sent.filter(({ event }) => event === 'call:incoming')).toEqual([]);
    expect(without.sent.filter(({ to }) => to.includes(bob))).toEqual([]);
    expect(without.lines.filter(({ level }) => level === 'error')).toHaveLength(1);
    expect(callOf(await start(engine, ann, [bob])).state).toBe('ringing');
  });
});

describe('a start that meets others who call', () => {
  it('of only busy users is recorded as busy and names the recorded call', async () => {
    const [ann, bob, cid] = [someone('ann'), someone('bob'), someone('cid')];
    await ring(engine, bob, [cid]);
    for (const callees of [[bob], [bob, cid]]) {
      const outcome = await start(engine, ann, callees);
      expect(outcome.refusal).toMatchObject({ code: 'USER_BUSY', callId: outcome.call?.id });
      const recorded = outcome.call && (await load(engine, outcome.call));
      expect(recorded).toMatchObject({ state: 'busy', endReason: 'busy', initiatorId: ann });
      expect(recorded && stateOf(recorded, ann)).toBe('left');
    }
  });

  it('of some busy users rings the others', async () => {
    const [ann, bob, cid, dora] = [someone('ann'), someone('bob'), someone('cid'), someone('dora')];
    await ring(engine, bob, [cid]);
    const call = await ring(engine, ann, [bob, dora]);
    expect(call.state).toBe('ringing');
    expect([stateOf(call, bob), stateOf(call, dora)]).toEqual(['busy', 'invited']);
  });

  it('by one who is in a call is refused and names that call', async () => {
    const [ann, bob, cid] = [someone('ann'), someone('bob'), someone('cid')];
    const existing = await ring(engine, ann, [bob]);
    const before = await countCalls();
    for (const caller of [ann, bob]) {
      const outcome = await start(engine, caller, [cid]);
      expect(outcome).toMatchObject({
        refusal: { code: 'CALLER_BUSY', existingCallId: existing.id },
        call: null,
      });
    }
    expect(await countCalls()).toBe(before);
  });

  it('is not stopped by a ring that ran out a moment ago, though no worker has seen that', async () => {
    const [ann, bob, cid] = [someone('ann'), someone('bob'), someone('cid')];
    const missed = await ring(engine, bob, [cid]);
    await stage.pass(30_000);
    expect(callOf(await start(engine, ann, [cid])).state).toBe('ringing');
    expect(await load(engine, missed)).toMatchObject({
      state: 'missed',
      endedAt: missed.createdAt + 30_000,
    });
    expect(callOf(await start(engine, bob, [someone('dora')])).state).toBe('ringing');
  });
});

describe('two who call each other', () => {
  it('meet in the first call: the second start becomes an accept of it', async () => {
    const [ann, bob] = [someone('ann'), someone('bob')];
    const first = await ring(engine, ann, [bob]);
    const before = await countCalls();
    const outcome = await start(otherEngine, bob, [ann]);
    expect(outcome).toMatchObject({ refusal: null, status: 200, merged: true });
    const call = callOf(outcome);
    expect(call).toMatchObject({ id: first.id, state: 'connecting' });
    expect([stateOf(call, ann), stateOf(call, bob)]).toEqual(['joining', 'joining']);
    expect(await countCalls()).toBe(before);
  });

  it('at the same moment meet in one call, every time', async () => {
    for (let round = 0; round < 15; round += 1) {
      const [ann, bob] = [someone('ann'), someone('bob')];
      const outcomes = await Promise.all([
        start(engine, ann, [bob]),
        start(otherEngine, bob, [ann]),
      ]);
      const calls = outcomes.map(callOf);
      expect(new Set(calls.map(({ id }) => id)).size).toBe(1);
      expect(outcomes.map((outcome) => outcome.refusal === null && outcome.merged).sort()).toEqual([
        false,
        true,
      ]);
      const rows = await stage.query<{ state: string }>(
        'SELECT state FROM calls WHERE initiator_id = ANY ($1)',
        [[ann, bob]],
      );
      expect(rows).toEqual([{ state: 'connecting' }]);
    }
  });

  it('do not meet in a call that was answered, in a group, or in one to another', async () => {
    const [ann, bob, cid] = [someone('ann'), someone('bob'), someone('cid')];
    const answered = await ring(engine, ann, [bob]);
    await must(engine, answered, accept(bob), by(bob));
    expect(codeOf(await start(engine, bob, [ann]))).toBe('CALLER_BUSY');
    await must(engine, answered, { name: 'force_end' }, createOrigin('admin'));
    await ring(engine, ann, [bob, cid]);
    expect(codeOf(await start(engine, bob, [ann]))).toBe('CALLER_BUSY');
    expect(codeOf(await start(engine, cid, [bob]))).toBe('CALLER_BUSY');
  });

  /** An engine whose accept comes a moment after what somebody else does. */
  const outrun = (act: () => Promise<unknown>): TestEngine => {
    const { store } = engine.parts;
    let first = true;
    const commit: typeof store.commit = async (decided) => {
      if (first && decided.expectedVersion !== null) {
        first = false;
        await act();
      }
      return store.commit(decided);
    };
    return stage.engine({ store: { ...store, commit } });
  };

  it('meet anew in the second call, when the first was cancelled in that very moment', async () => {
    const [ann, bob] = [someone('ann'), someone('bob')];
    const cancelled = await ring(engine, ann, [bob]);
    const late = outrun(() => must(engine, cancelled, end(ann), by(ann)));
    const request = keyed(bob, 'k', 'body', 201);
    const outcome = await start(late, bob, [ann], {}, request);
    expect(outcome).toMatchObject({ refusal: null, status: 201, merged: false });
    expect(callOf(outcome)).toMatchObject({ state: 'ringing', initiatorId: bob });
    const again = await start(engine, bob, [ann], {}, request);
    expect(again).toMatchObject({ refusal: null, status: 201, call: { id: callOf(outcome).id } });
  });

  it('meet once: a second such start, by then, is made by one who is in a call', async () => {
    const [ann, bob] = [someone('ann'), someone('bob')];
    const first = await ring(engine, ann, [bob]);
    const late = outrun(() => start(engine, bob, [ann]));
    expect((await start(late, bob, [ann])).refusal).toMatchObject({
      code: 'CALLER_BUSY',
      existingCallId: first.id,
    });
  });
});

describe('a hundred starts at one callee, from two replicas at once', () => {
  it('are one call that rings and ninety-nine that are busy', async () => {
    const callee = someone('bob');
    const callers = Array.from({ length: 100 }, () => someone('caller'));
    const outcomes = await Promise.all(
      callers.map((caller, index) => start(index % 2 ? engine : otherEngine, caller, [callee])),
    );
    const codes = outcomes.map(codeOf).sort();
    expect(codes).toEqual([...Array.from({ length: 99 }, () => 'USER_BUSY'), 'started']);
    const live = await stage.query(
      `SELECT FROM call_participants WHERE user_id = $1 AND outcome = 'ongoing'`,
      [callee],
    );
    expect(live).toHaveLength(1);
    for (const { lines, parts } of [engine, otherEngine]) {
      await parts.backgroundTasks.drained();
      expect(lines.filter(({ level }) => level === 'error')).toEqual([]);
    }
    // The others may have made their rooms before they knew that they had lost.
    const rooms = await stage.query<{ name: string }>(
      'SELECT room_name AS name FROM calls WHERE initiator_id = ANY ($1)',
      [callers],
    );
    const listed = await engine.parts.media.listRooms();
    expect(rooms.filter(({ name }) => listed.includes(name))).toHaveLength(1);
  });
});

describe('a start that is told of in metrics and log', () => {
  it('counts once, by type and mode, and has one line for each event', async () => {
    const own = stage.engine();
    const call = await ring(own, someone('ann'), [someone('bob')], { type: 'audio' });
    const started = await own.parts.metrics.callsStarted.get();
    expect(started.values).toMatchObject([{ labels: { type: 'audio', mode: 'direct' }, value: 1 }]);
    const delivery = await own.parts.metrics.ringDelivery.get();
    expect(delivery.values.find(({ metricName }) => metricName?.endsWith('_count'))?.value).toBe(1);
    expect(own.lines).toMatchObject([
      {
        message: 'call:started',
        fields: { callId: call.id, requestId: by(call.initiatorId).requestId },
      },
      { message: 'call:state_changed', fields: { callId: call.id, state: 'ringing' } },
    ]);
  });

  it('measures the set-up of a call once, when it is first connected', async () => {
    const own = stage.engine();
    await connected(own, someone('ann'), [someone('bob')]);
    const setup = await own.parts.metrics.callSetup.get();
    expect(setup.values.find(({ metricName }) => metricName?.endsWith('_count'))?.value).toBe(1);
  });
});

describe('a direct call', () => {
  it('keeps what it was started with', async () => {
    const request = startRequest(someone('ann'), [someone('bob')], {
      conversationId: 'chat-1',
      metadata: { order: 7 },
      initiator: { userId: someone('ann'), name: 'Ann', picture: 'https://pictures.example/ann' },
    });
    const { initiator, participantIds, ...rest } = request;
    const call = await ring(engine, initiator.userId, [...participantIds], { ...rest, initiator });
    expect(await load(engine, call)).toMatchObject({
      conversationId: 'chat-1',
      metadata: { order: 7 },
      participants: [{ name: 'Ann', picture: 'https://pictures.example/ann' }, { name: null }],
    });
  });
});
