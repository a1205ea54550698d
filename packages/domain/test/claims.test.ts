import { describe, expect, it } from '@jest/globals';
import { isGlare, type Start, start } from '@ringline/domain';
import { direct, group, over, three } from './fixtures/calls.ts';
import { at, by, startOf } from './fixtures/commands.ts';
import { given, played } from './fixtures/given.ts';

describe('a start', () => {
  it('rings and binds the initiator to the device that started', () => {
    const { call, events, refusal } = start(startOf({ deviceId: 'phone' }), at(0));
    expect(refusal).toBeNull();
    expect(events).toMatchObject([
      { name: 'call:started', seq: 1, call: { state: 'initiating', seq: 1 } },
      { name: 'call:state_changed', seq: 2, state: 'ringing', previous: 'initiating' },
    ]);
    expect(call).toMatchObject({
      state: 'ringing',
      participants: [
        { userId: 'ann', state: 'joining', deviceId: 'phone', invitedBy: null, deadline: null },
        { userId: 'bob', state: 'invited', invitedBy: 'ann', ringExpiresAt: at(30) },
      ],
    });
  });

  it('is refused and not recorded for a user who is active in another call', () => {
    const started = start(
      startOf({
        busyUsers: new Map([
          ['ann', 'another'],
          ['bob', 'another'],
        ]),
      }),
      at(0),
    );
    expect(started).toMatchObject({
      call: null,
      events: [],
      refusal: { code: 'CALLER_BUSY', existingCallId: 'another' },
    });
  });

  it('marks busy invitees of a group and rings the others', () => {
    expect(
      played({ participantIds: ['bob', 'cyn'], busyUsers: new Map([['bob', 'another']]) }),
    ).toMatchObject({
      state: 'ringing',
      participants: [{}, { state: 'busy', rings: 1 }, { state: 'invited', rings: 1 }],
    });
  });

  it.each(['constructor', '__proto__', 'toString', 'hasOwnProperty'])(
    'rings a free user with the id %s',
    (userId) => {
      expect(played({ participantIds: ['bob', userId] })).toMatchObject({
        state: 'ringing',
        participants: [{}, { state: 'invited' }, { userId, state: 'invited' }],
      });
      const byThatUser = {
        initiator: { userId, name: null, picture: null },
        participantIds: ['bob'],
      };
      expect(played(byThatUser)).toMatchObject({ state: 'ringing', initiatorId: userId });
    },
  );

  it('is recorded as busy when every invitee is busy', () => {
    const busyUsers = new Map([
      ['bob', 'another'],
      ['cyn', 'a third'],
    ]);
    const started = start(startOf({ participantIds: ['bob', 'cyn'], busyUsers: busyUsers }), at(0));
    expect(started.refusal).toMatchObject({ code: 'USER_BUSY', callId: 'the call' });
    expect(started.events.map(({ name }) => name)).toEqual(['call:started', 'call:ended']);
    expect(started.call).toMatchObject({
      state: 'busy',
      endReason: 'busy',
      participants: [{ state: 'left' }, { state: 'busy' }, { state: 'busy' }],
    });
  });

  it('is recorded as failed and rings no one when LiveKit refuses the room', () => {
    const started = start(startOf({ mediaRefused: true }), at(0));
    expect(started.refusal?.code).toBe('MEDIA_UNAVAILABLE');
    expect(started.events.map(({ name }) => name)).toEqual(['call:started', 'call:ended']);
    expect(started.call).toMatchObject({ state: 'failed', endReason: 'media_failure' });
  });
});

describe('a user who is active in another call', () => {
  it('cannot rejoin', () => {
    const { decision } = given(three())
      .when(by('bob').leaves(), 5)
      .when(by('bob').rejoins(new Map([['bob', 'another']])), 6)
      .thenExpect({ refused: 'CALLER_BUSY', unchanged: true });
    expect(decision.refusal?.existingCallId).toBe('another');
  });

  it('becomes busy at once when invited together with others', () => {
    given(three())
      .when(by('ann').invites(['dan', 'eve'], new Map([['dan', 'another']])), 5)
      .thenExpect({
        events: ['call:busy', 'call:invited'],
        participants: { dan: { state: 'busy', ringExpiresAt: null }, eve: { state: 'invited' } },
      });
  });

  it('can rejoin the call later, when they are free', () => {
    given(three())
      .when(by('ann').invites(['dan', 'eve'], new Map([['dan', 'another']])), 5)
      .when(by('dan').rejoins(), 9)
      .thenExpect({ events: ['call:accepted'], participants: { dan: { state: 'joining' } } });
  });
});

describe('isGlare', () => {
  const annToBob = direct.ringing();
  const bobTo = (changes: Partial<Start>) =>
    startOf({ initiator: { userId: 'bob', name: null, picture: null }, ...changes });

  it('is true for the second start when two users call each other', () => {
    expect(isGlare(annToBob, bobTo({ participantIds: ['ann'] }))).toBe(true);
    given(annToBob)
      .when(by('bob').joins(), 1)
      .thenExpect({ call: { state: 'connecting' }, participants: { bob: { state: 'joining' } } });
  });

  it.each([
    ['a start to a third user', annToBob, bobTo({ participantIds: ['cyn'] })],
    ['a start of a group', annToBob, bobTo({ participantIds: ['ann'], mode: 'group' })],
    ['a start by a user whom a group rings', group.ringing(), bobTo({ participantIds: ['ann'] })],
    [
      'a start by a user who has already accepted',
      direct.connecting(),
      bobTo({ participantIds: ['ann'] }),
    ],
    ['a start by a user who has declined', over.declined(), bobTo({ participantIds: ['ann'] })],
    ['a second start by the caller', annToBob, startOf()],
  ])('is false for %s', (_, existing, command) => {
    expect(isGlare(existing, command)).toBe(false);
  });
});
