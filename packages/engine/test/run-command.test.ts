import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
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

async function seqsOf(callId: string): Promise<number[]> {
  const events = await engine.parts.store.listEvents(callId, 0);
  return events.map(({ seq }) => seq);
}

function trio() {
  return [someone('ann'), someone('bob'), someone('cid')] as const;
}

describe('a command', () => {
  it('on a call that does not exist is CALL_NOT_FOUND', async () => {
    const outcome = await run(engine, { id: randomUUID() }, accept('bob'), by('bob'));
    expect(outcome).toMatchObject({ refusal: { code: 'CALL_NOT_FOUND' }, call: null });
  });

  it('by one who is no part of the call is CALL_NOT_FOUND, and nothing is written', async () => {
    const [ann, bob, cid] = trio();
    const call = await ring(engine, ann, [bob]);
    const sent = engine.sent.length;
    const outcome = await run(engine, call, accept(cid), by(cid));
    expect(outcome.refusal).toMatchObject({ code: 'CALL_NOT_FOUND' });
    expect(await load(engine, call)).toEqual(call);
    expect(engine.sent).toHaveLength(sent);
  });

  it('that changes nothing writes nothing and tells nobody', async () => {
    const [ann, bob] = trio();
    const call = await ring(engine, ann, [bob]);
    await must(engine, call, acknowledge(bob), by(bob));
    const { version } = (await engine.parts.store.load(call.id)) ?? {};
    const sent = engine.sent.length;
    await must(engine, call, acknowledge(bob), by(bob));
    expect((await engine.parts.store.load(call.id))?.version).toBe(version);
    expect(engine.sent).toHaveLength(sent);
  });

  it('answers with the call as it was committed', async () => {
    const [ann, bob] = trio();
    const call = await ring(engine, ann, [bob]);
    expect(await must(engine, call, accept(bob), by(bob))).toEqual(await load(otherEngine, call));
  });
});

describe('twenty commands at one call, from two replicas at once', () => {
  it('are all decided, one after the other, without a gap', async () => {
    const [ann] = trio();
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
    expect(await seqsOf(call.id)).toEqual(Array.from({ length: after.seq }, (_, i) => i + 1));
    expect(after.participants.every((one) => !one.audioEnabled && !one.videoEnabled)).toBe(true);
    expect(after.participants.filter(({ screenSharing }) => screenSharing)).toHaveLength(4);
    const retries = await engine.parts.metrics.commandRetries.get();
    expect(retries.values).toMatchObject([{ labels: { reason: 'conflict' } }]);
  });
});

describe('the accept', () => {
  it('is won by one device of ten, and the others learn of it', async () => {
    const [ann, bob] = trio();
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

  it('and the cancel at the same moment leave one outcome, which both are told', async () => {
    for (let round = 0; round < 10; round += 1) {
      const [ann, bob] = trio();
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

  it('that comes after its ring ran out is refused, and the outcome that it reports stands', async () => {
    const [ann, bob] = trio();
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

  it('in a group goes on, though another ring ran out just before', async () => {
    const [ann, bob, cid] = trio();
    const call = await ring(engine, ann, [bob, cid]);
    await must(engine, call, accept(bob), by(bob));
    await stage.pass(30_000);
    const after = await must(engine, call, mediaJoined(bob), createOrigin('livekit'));
    expect([stateOf(after, bob), stateOf(after, cid)]).toEqual(['left', 'missed']);
  });
});

describe('an invite', () => {
  it('finds those free whose ring in another call ran out a moment ago', async () => {
    const [ann, bob, cid] = trio();
    const dora = someone('dora');
    await ring(engine, cid, [dora]);
    const call = await connected(engine, ann, [bob]);
    await stage.pass(30_000);
    const after = await must(engine, call, invite(ann, [dora]), by(ann));
    expect(stateOf(after, dora)).toBe('invited');
  });

  it('of one user into two calls at once rings in one of them', async () => {
    const [ann, bob, cid] = trio();
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

describe('a report of LiveKit’s', () => {
  const report = (id: string, userId: string) => ({
    webhook: { id, event: 'participant_left', userId, sid: null, at: Date.now() },
  });

  it('that comes twice is dealt with once, and the second one is no error', async () => {
    const [ann, bob] = trio();
    const call = await connected(engine, ann, [bob]);
    const id = randomUUID();
    await must(engine, call, mediaLeft(bob), createOrigin('livekit'), report(id, bob));
    await must(engine, call, mediaJoined(bob, 2), createOrigin('livekit'));
    const again = mediaLeft(bob, 2);
    const after = await must(engine, call, again, createOrigin('livekit'), report(id, bob));
    expect(stateOf(after, bob)).toBe('joined');
    expect(stateOf(await load(engine, call), bob)).toBe('joined');
  });

  it('that comes ten times at once is dealt with once', async () => {
    const [ann, bob] = trio();
    const call = await connected(engine, ann, [bob]);
    const id = randomUUID();
    const outcomes = await Promise.all(
      Array.from({ length: 10 }, (_, index) =>
        run(
          index % 2 ? engine : otherEngine,
          call,
          mediaLeft(bob),
          createOrigin('livekit'),
          report(id, bob),
        ),
      ),
    );
    expect(outcomes.every(({ refusal }) => refusal === null)).toBe(true);
    expect((await load(engine, call)).seq).toBe(call.seq + 2);
  });

  it('that changes nothing is kept all the same, for the timeline', async () => {
    const [ann, bob] = trio();
    const call = await connected(engine, ann, [bob]);
    const id = randomUUID();
    await must(engine, call, mediaJoined(bob), createOrigin('livekit'), report(id, bob));
    const timeline = await engine.parts.store.getTimeline(call.id);
    const entries = 'entries' in timeline ? timeline.entries : [];
    expect(entries.filter(({ kind }) => kind === 'report')).toHaveLength(1);
  });
});

describe('the log of a call', () => {
  it('has one line for each transition, with what it takes to follow it, and no token', async () => {
    const own = stage.engine();
    const [ann, bob] = trio();
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
