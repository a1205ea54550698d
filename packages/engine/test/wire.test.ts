import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  type CallEventName,
  callEvent,
  callEvents,
  call as wireCall,
  participant as wireParticipant,
} from '@ringline/contract';
import type { Call } from '@ringline/domain';
import { createOrigin, expireDueCalls, toWireCall, toWireParticipant } from '@ringline/engine';
import {
  accept,
  acknowledge,
  by,
  connected,
  decline,
  invite,
  leave,
  load,
  mediaJoined,
  mediaLeft,
  must,
  ring,
  someone,
  start,
} from './acts.ts';
import { type Stage, setStage, type TestEngine } from './stage.ts';

let stage: Stage;
let engine: TestEngine;

beforeAll(async () => {
  stage = await setStage();
  engine = stage.engine();
});
afterAll(() => stage.clear());

function people() {
  return [someone('ann'), someone('bob'), someone('cid'), someone('dora'), someone('eve')] as const;
}

/** Calls that between them go through every event there is. */
async function eventfulCalls(): Promise<Call[]> {
  const [ann, bob, cid, dora, eve] = people();
  const busy = await ring(engine, dora, [eve]);
  const group = await ring(engine, ann, [bob, cid, dora]);
  await must(engine, group, acknowledge(bob), by(bob));
  await must(engine, group, accept(bob), by(bob));
  await must(engine, group, decline(cid), by(cid));
  await must(engine, group, mediaJoined(ann), createOrigin('livekit'));
  await must(engine, group, mediaJoined(bob), createOrigin('livekit'));
  await must(engine, group, mediaLeft(bob), createOrigin('livekit'));
  await must(engine, group, mediaJoined(bob, 2), createOrigin('livekit'));
  await must(engine, group, invite(ann, [cid, eve]), by(ann));
  await must(engine, group, leave(ann), by(ann));
  await stage.pass(30_000);
  while ((await expireDueCalls(engine.parts, 10)) > 0);
  await must(engine, group, leave(bob), by(bob));
  return Promise.all([load(engine, group), load(engine, busy)]);
}

describe('the events of a call', () => {
  it('are exactly what the contract says, each kind of them, and show nothing else', async () => {
    const calls = await eventfulCalls();
    const seen = new Set<CallEventName>();
    for (const { id, seq } of calls) {
      const events = await engine.parts.store.listEvents(id, 0);
      expect(events.map((event) => event.seq)).toEqual(
        Array.from({ length: seq }, (_, index) => index + 1),
      );
      for (const event of events) {
        expect(callEvent.parse(event)).toEqual(event);
        seen.add(event.event);
      }
    }
    expect([...seen].sort()).toEqual(Object.keys(callEvents).sort());
  });

  it('show each participant as they were right after the event', async () => {
    const [ann, bob] = people();
    const call = await connected(engine, ann, [bob]);
    const events = await engine.parts.store.listEvents(call.id, 0);
    const states = events.flatMap((event) =>
      'participant' in event ? [[event.event, event.userId, event.participant.state]] : [],
    );
    expect(states).toEqual([
      ['call:accepted', bob, 'joining'],
      ['call:participant_joined', ann, 'joined'],
      ['call:participant_joined', bob, 'joined'],
    ]);
  });
});

describe('a call', () => {
  it('is exactly what the contract says, in every state that it goes through', async () => {
    const [ann, bob] = people();
    const states: Call[] = [await ring(engine, ann, [bob])];
    const take = async (step: Promise<Call>): Promise<void> => {
      states.push(await step);
    };
    const [call] = states;
    if (call === undefined) throw new Error('no call');
    await take(must(engine, call, accept(bob), by(bob)));
    await take(must(engine, call, mediaJoined(ann), createOrigin('livekit')));
    await take(must(engine, call, mediaJoined(bob), createOrigin('livekit')));
    await take(must(engine, call, mediaLeft(bob), createOrigin('livekit')));
    await take(must(engine, call, leave(ann), by(ann)));
    expect(states.map(({ state }) => state)).toEqual([
      'ringing',
      'connecting',
      'connecting',
      'connected',
      'reconnecting',
      'ended',
    ]);
    for (const state of states) {
      const wire = toWireCall(state);
      expect(wireCall.parse(wire)).toEqual(wire);
    }
  });

  it('tells nothing of its room, of sessions, or of devices', async () => {
    const [ann, bob] = people();
    const call = await connected(engine, ann, [bob]);
    const told = JSON.stringify(toWireCall(call));
    for (const secret of [call.roomName, 'PA_', `${ann}-phone`, 'deadline', 'barred', 'version']) {
      expect(told).not.toContain(secret);
    }
  });

  it('says when it will end by itself, and how long it lasted', async () => {
    const [ann, bob] = people();
    const call = await connected(engine, ann, [bob]);
    expect(toWireCall(call).expiresAt).toBe(
      new Date((call.connectedAt ?? 0) + 14_400_000).toISOString(),
    );
    await stage.pass(61_000);
    const ended = toWireCall(await must(engine, call, leave(bob), by(bob)));
    expect(ended).toMatchObject({ endReason: 'hangup', endedBy: bob });
    expect([61, 62]).toContain(ended.durationSeconds);
    expect(ended.participants.map(({ durationSeconds }) => durationSeconds)).toEqual([
      ended.durationSeconds,
      ended.durationSeconds,
    ]);
  });

  it('names as host the one who is, in groups alone', async () => {
    const [ann, bob, cid] = people();
    const group = await connected(engine, ann, [bob, cid]);
    const after = await must(engine, group, leave(ann), by(ann));
    expect(toWireCall(after).participants.map(({ role }) => role)).toEqual([
      'participant',
      'host',
      'participant',
    ]);
    const direct = await ring(engine, someone('ann'), [someone('bob')]);
    const roles = direct.participants.map((one) => toWireParticipant(direct, one).role);
    expect(roles).toEqual(['participant', 'participant']);
  });

  it('that was refused is as exact', async () => {
    const [ann, bob, cid] = people();
    await ring(engine, bob, [cid]);
    const { call } = await start(engine, ann, [bob]);
    if (call === null) throw new Error('a busy call is recorded');
    const wire = toWireCall(call);
    expect(wireCall.parse(wire)).toEqual(wire);
    for (const one of call.participants) {
      const shown = toWireParticipant(call, one);
      expect(wireParticipant.parse(shown)).toEqual(shown);
    }
  });
});
