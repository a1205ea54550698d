import { describe, expect, it } from '@jest/globals';
import {
  type CallEventName,
  callEvent,
  callEvents,
  call as wireCall,
  participant as wireParticipant,
} from '@ringline/contract';
import type { Call } from '@ringline/domain';
import { createOrigin, toWireCall, toWireParticipant } from '@ringline/engine';
import {
  accept,
  acknowledge,
  by,
  connected,
  decline,
  expireAfter,
  invite,
  leave,
  load,
  mediaJoined,
  mediaLeft,
  must,
  people,
  ring,
  someone,
  start,
} from './acts.ts';
import { useStage } from './stage.ts';

const { stage, engine } = useStage();

/** Calls that together have every kind of event. */
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
  await expireAfter(stage, engine, 30_000);
  await must(engine, group, leave(bob), by(bob));
  return Promise.all([load(engine, group), load(engine, busy)]);
}

describe('the events of a call', () => {
  it('match the contract exactly, for every kind of event', async () => {
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

  it('contain the participant as they were right after the event', async () => {
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
  it('matches the contract exactly in every state', async () => {
    const [ann, bob] = people();
    const states: Call[] = [await ring(engine, ann, [bob])];
    const record = async (step: Promise<Call>): Promise<void> => {
      states.push(await step);
    };
    const [call] = states;
    if (call === undefined) throw new Error('no call');
    await record(must(engine, call, accept(bob), by(bob)));
    await record(must(engine, call, mediaJoined(ann), createOrigin('livekit')));
    await record(must(engine, call, mediaJoined(bob), createOrigin('livekit')));
    await record(must(engine, call, mediaLeft(bob), createOrigin('livekit')));
    await record(must(engine, call, leave(ann), by(ann)));
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

  it('does not contain its room name, sessions or device ids', async () => {
    const [ann, bob] = people();
    const call = await connected(engine, ann, [bob]);
    const shown = JSON.stringify(toWireCall(call));
    for (const secret of [call.roomName, 'PA_', `${ann}-phone`, 'deadline', 'barred', 'version']) {
      expect(shown).not.toContain(secret);
    }
  });

  it('contains when it expires, and how long it lasted', async () => {
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

  it('has a host in groups only', async () => {
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

  it('matches the contract exactly when its start was refused', async () => {
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
