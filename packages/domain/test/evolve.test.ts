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

/** No decision makes such events; were there ever one that does, it should not get as far as the database. */
describe('a call takes no event', () => {
  it('before its start', () => {
    expect(() => evolve(null, stateBecomes(direct.ringing(), 'connected'))).toThrow(
      'before call:started',
    );
  });

  it.each([-1, 0, 2])('whose number is %i from its own', (from) => {
    const call = direct.ringing();
    const event = { ...bobBecomes(call, 'ringing'), seq: call.seq + from } as CallEvent;
    expect(() => evolve(call, event)).toThrow(`has seq ${call.seq + from} after ${call.seq}`);
  });

  it.each<[CallState, Call, 'ringing' | 'connected']>([
    ['ringing', direct.ringing(), 'connected'],
    ['connected', direct.connected(), 'ringing'],
    ['ended', over.ended(), 'ringing'],
  ])('that takes it where no transition leads from %s', (from, call, to) => {
    expect(() => evolve(call, stateBecomes(call, to))).toThrow(
      `illegal call transition: ${from} -> ${to}`,
    );
  });

  it('that ends it again', () => {
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
  ])('that takes a participant where no transition leads from %s', (from, call, to) => {
    expect(() => evolve(call, bobBecomes(call, to))).toThrow(
      `illegal participant transition: ${from} -> ${to}`,
    );
  });
});

it('a call is not changed by an event: a new one comes out of it', () => {
  const call = direct.ringing();
  const before = structuredClone(call);
  evolve(call, bobBecomes(call, 'ringing'));
  expect(call).toEqual(before);
});
