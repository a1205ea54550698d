import { describe, expect, it } from '@jest/globals';
import type { Outcome } from '@ringline/engine';
import {
  by,
  callOf,
  connected,
  load,
  people,
  ring,
  someone,
  start,
  startRequest,
  stateOf,
} from './acts.ts';
import { useStage, withoutLiveKit } from './stage.ts';

const { stage, engine, otherEngine } = useStage();

async function countCalls(): Promise<number> {
  const [row] = await stage.query<{ count: number }>('SELECT count(*)::int AS count FROM calls');
  return row?.count ?? 0;
}

function codeOf({ refusal }: Outcome): string {
  return refusal?.code ?? 'started';
}

describe('a start', () => {
  it('creates the room before it rings', async () => {
    const [ann, bob] = people();
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

  it('gives every call a room with a random name', async () => {
    const one = await ring(engine, someone('ann'), [someone('bob')]);
    const other = await ring(engine, someone('ann'), [someone('bob')]);
    const deploymentId = await engine.parts.store.getDeploymentId();
    expect(one.roomName).toMatch(new RegExp(`^call_${deploymentId}\\.[\\w-]{24}$`));
    expect(other.roomName).not.toBe(one.roomName);
    expect(one.roomName).not.toContain(one.id);
  });

  it('leaves nothing in the outbox once it is published', async () => {
    await ring(engine, someone('ann'), [someone('bob')]);
    await engine.parts.backgroundTasks.drained();
    expect(await engine.parts.store.countUnsent()).toBe(0);
  });

  it('leaves its messages in the outbox while Redis is away', async () => {
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

  it('beyond the seats is refused without a call or a room', async () => {
    const before = [await countCalls(), (await engine.parts.media.listRooms()).length];
    const outcome = await start(engine, someone('ann'), [someone('bob'), someone('cid')], {
      maxParticipants: 2,
    });
    expect(outcome).toMatchObject({ refusal: { code: 'CALL_FULL' }, call: null });
    expect([await countCalls(), (await engine.parts.media.listRooms()).length]).toEqual(before);
  });
});

describe('a start that LiveKit refuses', () => {
  it('is recorded as failed, refused with MEDIA_UNAVAILABLE, and rings no one', async () => {
    const without = withoutLiveKit(stage);
    const [ann, bob] = people();
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

describe('a start with busy users', () => {
  it('to busy users only is recorded as busy, with the call in the refusal', async () => {
    const [ann, bob, cid] = people();
    await ring(engine, bob, [cid]);
    for (const callees of [[bob], [bob, cid]]) {
      const outcome = await start(engine, ann, callees);
      expect(outcome.refusal).toMatchObject({ code: 'USER_BUSY', callId: outcome.call?.id });
      const recorded = outcome.call && (await load(engine, outcome.call));
      expect(recorded).toMatchObject({ state: 'busy', endReason: 'busy', initiatorId: ann });
      expect(recorded && stateOf(recorded, ann)).toBe('left');
    }
  });

  it('to some busy users rings the others', async () => {
    const [ann, bob, cid, dora] = people();
    await ring(engine, bob, [cid]);
    const call = await ring(engine, ann, [bob, dora]);
    expect(call.state).toBe('ringing');
    expect([stateOf(call, bob), stateOf(call, dora)]).toEqual(['busy', 'invited']);
  });

  it('by a user in a call is refused with that call', async () => {
    const [ann, bob, cid] = people();
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

  it('is not stopped by a ring that has just run out, even before a worker expires it', async () => {
    const [ann, bob, cid] = people();
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

describe('a hundred starts to one callee, from two replicas at once', () => {
  it('lead to one ringing call and ninety-nine busy ones', async () => {
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
    // The others may have created rooms before they lost the race.
    const rooms = await stage.query<{ name: string }>(
      'SELECT room_name AS name FROM calls WHERE initiator_id = ANY ($1)',
      [callers],
    );
    const listed = await engine.parts.media.listRooms();
    expect(rooms.filter(({ name }) => listed.includes(name))).toHaveLength(1);
  });
});

describe('the metrics and the log of a start', () => {
  it('count the call once by type and mode, and have one line for each event', async () => {
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

  it('measure the call setup once, when the call first connects', async () => {
    const own = stage.engine();
    await connected(own, someone('ann'), [someone('bob')]);
    const setup = await own.parts.metrics.callSetup.get();
    expect(setup.values.find(({ metricName }) => metricName?.endsWith('_count'))?.value).toBe(1);
  });
});

describe('a direct call', () => {
  it('is stored with the fields of its start', async () => {
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
