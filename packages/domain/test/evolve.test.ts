import { describe, expect, it } from '@jest/globals';
import {
  type Call,
  type CallEvent,
  type CallState,
  evolve,
  type Participant,
  type ParticipantState,
} from '@ringline/domain';
import { direct, over } from './fixtures/calls.ts';
import { at } from './fixtures/commands.ts';

function bobOf(call: Call): Participant {
  const bob = call.participants.find(({ userId }) => userId === 'bob');
  if (bob === undefined) throw new Error('Bob is in every call of these tests');
  return bob;
}
function bobBecomes(call: Call, state: ParticipantState): CallEvent {
  return {
    name: 'call:participant_updated',
    seq: call.seq + 1,
    at: at(9),
    participant: { ...bobOf(call), state },
  };
}
function stateBecomes(call: Call, state: 'ringing' | 'connected'): CallEvent {
  return {
    name: 'call:state_changed',
    seq: call.seq + 1,
    at: at(9),
    state,
    previous: call.state,
  };
}

/** The rules never emit such events. If a bug did, it must not reach the database. */
describe('evolve throws on an event', () => {
  it('before call:started', () => {
    expect(() => evolve(null, stateBecomes(direct.ringing(), 'connected'))).toThrow(
      'before call:started',
    );
  });

  it.each([-1, 0, 2])('whose seq differs from that of the call by %i', (from) => {
    const call = direct.ringing();
    const event = { ...bobBecomes(call, 'ringing'), seq: call.seq + from } as CallEvent;
    expect(() => evolve(call, event)).toThrow(`has seq ${call.seq + from} after ${call.seq}`);
  });

  it.each<[CallState, Call, 'ringing' | 'connected']>([
    ['ringing', direct.ringing(), 'connected'],
    ['connected', direct.connected(), 'ringing'],
    ['ended', over.ended(), 'ringing'],
  ])('with an illegal transition of the call from %s', (from, call, to) => {
    expect(() => evolve(call, stateBecomes(call, to))).toThrow(
      `illegal call transition: ${from} -> ${to}`,
    );
  });

  it('that ends a call a second time', () => {
    const call = over.ended();
    const again: CallEvent = {
      name: 'call:ended',
      seq: call.seq + 1,
      at: at(9),
      state: 'missed',
      reason: 'no_answer',
      endedBy: null,
      call,
    };
    expect(() => evolve(call, again)).toThrow('illegal call transition: ended -> missed');
  });

  it.each<[ParticipantState, Call, ParticipantState]>([
    ['invited', direct.ringing(), 'joined'],
    ['joined', direct.connected(), 'invited'],
    ['reconnecting', direct.reconnecting(), 'joining'],
  ])('with an illegal transition of a participant from %s', (from, call, to) => {
    expect(() => evolve(call, bobBecomes(call, to))).toThrow(
      `illegal participant transition: ${from} -> ${to}`,
    );
  });
});

it('evolve returns a new call and does not change the old one', () => {
  const call = direct.ringing();
  const before = structuredClone(call);
  evolve(call, bobBecomes(call, 'ringing'));
  expect(call).toEqual(before);
});
