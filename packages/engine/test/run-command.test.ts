import { randomUUID } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { createOrigin } from '@ringline/engine';
import {
  accept,
  acknowledge,
  by,
  connected,
  decline,
  end,
  invite,
  load,
  mediaJoined,
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

async function listSeqs(callId: string): Promise<number[]> {
  const events = await engine.parts.store.listEvents(callId, 0);
  return events.map(({ seq }) => seq);
}

describe('a command', () => {
  it('is refused with CALL_NOT_FOUND if there is no such call', async () => {
    const outcome = await run(engine, { id: randomUUID() }, accept('bob'), by('bob'));
    expect(outcome).toMatchObject({ refusal: { code: 'CALL_NOT_FOUND' }, call: null });
  });

  it('is refused with CALL_NOT_FOUND for a user who is not a participant', async () => {
    const [ann, bob, cid] = people();
    const call = await ring(engine, ann, [bob]);
    const sent = engine.sent.length;
    const outcome = await run(engine, call, accept(cid), by(cid));
    expect(outcome.refusal).toMatchObject({ code: 'CALL_NOT_FOUND' });
    expect(await load(engine, call)).toEqual(call);
    expect(engine.sent).toHaveLength(sent);
  });

  it('writes and publishes nothing if it changes nothing', async () => {
    const [ann, bob] = people();
    const call = await ring(engine, ann, [bob]);
    await must(engine, call, acknowledge(bob), by(bob));
    const { version } = (await engine.parts.store.load(call.id)) ?? {};
    const sent = engine.sent.length;
    await must(engine, call, acknowledge(bob), by(bob));
    expect((await engine.parts.store.load(call.id))?.version).toBe(version);
    expect(engine.sent).toHaveLength(sent);
  });

  it('returns the committed call', async () => {
    const [ann, bob] = people();
    const call = await ring(engine, ann, [bob]);
    expect(await must(engine, call, accept(bob), by(bob))).toEqual(await load(otherEngine, call));
  });
});

describe('twenty commands on one call, from two replicas at once', () => {
  it('are all decided one after the other, without a gap in seq', async () => {
    const [ann] = people();
    const guests = Array.from({ length: 7 }, () => someone('guest'));
    const call = await connected(engine, ann, guests);
    const toggles = [ann, ...guests, ann, ...guests, ...guests.slice(0, 4)];
    expect(toggles).toHaveLength(20);
    await Promise.all(
      toggles.map((userId, index) =>
        must(
          index % 2 ? engine : otherEngine,
          call,
          {
            name: 'toggle',
            person: { userId, name: null, picture: null },
            ...(index < 8 && { audioEnabled: false }),
            ...(index >= 8 && index < 16 && { videoEnabled: false }),
            ...(index >= 16 && { screenSharing: true }),
          },
          by(userId),
        ),
      ),
    );
    const after = await load(engine, call);
    expect(after.seq).toBe(call.seq + 20);
    expect(await listSeqs(call.id)).toEqual(Array.from({ length: after.seq }, (_, i) => i + 1));
    expect(after.participants.every((one) => !one.audioEnabled && !one.videoEnabled)).toBe(true);
    expect(after.participants.filter(({ screenSharing }) => screenSharing)).toHaveLength(4);
    const retries = await engine.parts.metrics.commandRetries.get();
    expect(retries.values).toMatchObject([{ labels: { reason: 'conflict' } }]);
  });
});

describe('an accept', () => {
  it('succeeds for one of ten devices, and is refused for the others', async () => {
    const [ann, bob] = people();
    const call = await ring(engine, ann, [bob]);
    const devices = Array.from({ length: 10 }, (_, index) => `bobs-device-${index}`);
    const outcomes = await Promise.all(
      devices.map((deviceId, index) =>
        run(
          index % 2 ? engine : otherEngine,
          call,
          accept(bob, { deviceId }),
          by(bob, { deviceId }),
        ),
      ),
    );
    const codes = outcomes.map(({ refusal }) => refusal?.code ?? 'accepted').sort();
    expect(codes).toEqual([...Array.from({ length: 9 }, () => 'ANSWERED_ELSEWHERE'), 'accepted']);
    const winner = devices[outcomes.findIndex(({ refusal }) => refusal === null)];
    const after = await load(engine, call);
    expect(after.participants.find(({ userId }) => userId === bob)?.deviceId).toBe(winner);
    expect(after.participants.filter(({ state }) => state === 'joining')).toHaveLength(2);
  });

  it('and a cancel at the same moment leave one outcome, which both see', async () => {
    for (let round = 0; round < 10; round += 1) {
      const [ann, bob] = people();
      const call = await ring(engine, ann, [bob]);
      const [accepted, ended] = await Promise.all([
        run(engine, call, accept(bob), by(bob)),
        run(otherEngine, call, end(ann), by(ann)),
      ]);
      expect(ended.refusal).toBeNull();
      const after = await load(engine, call);
      if (accepted.refusal === null) {
        expect(after).toMatchObject({ state: 'ended', endReason: 'hangup', endedBy: ann });
      } else {
        expect(accepted.refusal.code).toBe('CALL_ENDED');
        expect(after).toMatchObject({ state: 'cancelled', endReason: 'cancelled', endedBy: ann });
      }
    }
  });

  it('is refused after the ring deadline, with the final outcome', async () => {
    const [ann, bob] = people();
    const call = await ring(engine, ann, [bob]);
    await stage.pass(30_000);
    const outcome = await run(engine, call, accept(bob), by(bob));
    expect(outcome).toMatchObject({
      refusal: { code: 'CALL_ENDED' },
      call: { state: 'missed', endReason: 'no_answer', endedAt: call.createdAt + 30_000 },
    });
    expect(await load(otherEngine, call)).toEqual(outcome.call);
    expect(engine.sent.filter(({ to }) => to.includes(bob)).at(-1)).toMatchObject({
      event: 'call:ringing_stopped',
      payload: { callId: call.id, cause: 'timeout' },
    });
  });

  it('in a group is not affected by another ring that has just run out', async () => {
    const [ann, bob, cid] = people();
    const call = await ring(engine, ann, [bob, cid]);
    await must(engine, call, accept(bob), by(bob));
    await stage.pass(30_000);
    const after = await must(engine, call, mediaJoined(bob), createOrigin('livekit'));
    expect([stateOf(after, bob), stateOf(after, cid)]).toEqual(['left', 'missed']);
  });
});

describe('an invite', () => {
  it('rings a user whose ring in another call has just run out', async () => {
    const [ann, bob, cid] = people();
    const dora = someone('dora');
    await ring(engine, cid, [dora]);
    const call = await connected(engine, ann, [bob]);
    await stage.pass(30_000);
    const after = await must(engine, call, invite(ann, [dora]), by(ann));
    expect(stateOf(after, dora)).toBe('invited');
  });

  it('of one user to two calls at once rings in one of them', async () => {
    const [ann, bob, cid] = people();
    const [dora, eve] = [someone('dora'), someone('eve')];
    const one = await connected(engine, ann, [bob]);
    const other = await connected(otherEngine, cid, [dora]);
    const outcomes = await Promise.all([
      run(engine, one, invite(ann, [eve]), by(ann)),
      run(otherEngine, other, invite(cid, [eve]), by(cid)),
    ]);
    expect(outcomes.map(({ refusal }) => refusal?.code ?? 'rings').sort()).toEqual([
      'USER_BUSY',
      'rings',
    ]);
  });
});

describe('a LiveKit webhook', () => {
  const attach = (id: string, userId: string) => ({
    webhook: { id, event: 'participant_left', userId, sid: null, at: Date.now() },
  });

  it('that arrives twice is processed once, without an error', async () => {
    const [ann, bob] = people();
    const call = await connected(engine, ann, [bob]);
    const id = randomUUID();
    await must(engine, call, mediaLeft(bob), createOrigin('livekit'), attach(id, bob));
    await must(engine, call, mediaJoined(bob, 2), createOrigin('livekit'));
    const again = mediaLeft(bob, 2);
    const after = await must(engine, call, again, createOrigin('livekit'), attach(id, bob));
    expect(stateOf(after, bob)).toBe('joined');
    expect(stateOf(await load(engine, call), bob)).toBe('joined');
  });

  it('that arrives ten times at once is processed once', async () => {
    const [ann, bob] = people();
    const call = await connected(engine, ann, [bob]);
    const id = randomUUID();
    const outcomes = await Promise.all(
      Array.from({ length: 10 }, (_, index) =>
        run(
          index % 2 ? engine : otherEngine,
          call,
          mediaLeft(bob),
          createOrigin('livekit'),
          attach(id, bob),
        ),
      ),
    );
    expect(outcomes.every(({ refusal }) => refusal === null)).toBe(true);
    expect((await load(engine, call)).seq).toBe(call.seq + 2);
  });

  it('that changes nothing is still stored for the timeline', async () => {
    const [ann, bob] = people();
    const call = await connected(engine, ann, [bob]);
    const id = randomUUID();
    await must(engine, call, mediaJoined(bob), createOrigin('livekit'), attach(id, bob));
    const timeline = await engine.parts.store.getTimeline(call.id);
    const entries = 'entries' in timeline ? timeline.entries : [];
    expect(entries.filter(({ kind }) => kind === 'report')).toHaveLength(1);
  });
});

describe('the log of a call', () => {
  it('has one line for each transition, with its ids and without tokens', async () => {
    const own = stage.engine();
    const [ann, bob] = people();
    const call = await ring(own, ann, [bob]);
    await must(own, call, acknowledge(bob), by(bob));
    await must(own, call, accept(bob), by(bob));
    expect((await run(own, call, decline(bob), by(bob))).refusal?.code).toBe('INVALID_STATE');
    const { token } = await own.connectionFor(call, bob, null);
    await must(own, call, mediaJoined(ann), createOrigin('livekit'));
    await must(own, call, mediaJoined(bob), createOrigin('livekit'));
    await must(own, call, end(bob), by(bob));
    await own.parts.backgroundTasks.drained();
    const events = await own.parts.store.listEvents(call.id, 0);
    expect(own.lines.map(({ level }) => level)).toEqual(events.map(() => 'info'));
    expect(own.lines.map(({ message, fields }) => [message, fields.seq])).toEqual(
      events.map(({ event, seq }) => [event, seq]),
    );
    for (const { fields } of own.lines) {
      const actor = String(fields.actor);
      const requestId = actor === 'livekit' ? null : `request-of-${actor.slice('user:'.length)}`;
      expect(fields).toMatchObject({ callId: call.id, requestId });
    }
    expect(own.lines.at(-1)?.fields).toMatchObject({ state: 'ended', reason: 'hangup' });
    const printed = JSON.stringify(own.lines);
    expect(printed).not.toContain(token);
    expect(printed).not.toContain(call.roomName);
  });
});
