import { describe, expect, it } from '@jest/globals';
import { start } from '@ringline/domain';
import { at, by, startOf } from './fixtures/commands.ts';
import { given, played } from './fixtures/given.ts';

/** A call of Ann that rings Bob and Cyn and has three seats. */
function full() {
  return played({ participantIds: ['bob', 'cyn'], maxParticipants: 3 });
}

describe('the seats of a call', () => {
  it('are taken by the initiator and all invitees from the start', () => {
    const wanted = { participantIds: ['bob', 'cyn', 'dan'], maxParticipants: 3 };
    expect(start(startOf(wanted), at(0))).toMatchObject({
      call: null,
      events: [],
      refusal: { code: 'CALL_FULL' },
    });
  });

  it('are not taken by busy invitees', () => {
    const wanted = { participantIds: ['bob', 'cyn', 'dan'], maxParticipants: 3 };
    const { call } = start(startOf({ ...wanted, busyUsers: new Map([['bob', 'another']]) }), at(0));
    expect(call?.state).toBe('ringing');
    given(full())
      .when(by('bob').declines(), 1)
      .when(by('ann').invites(['dan', 'eve'], new Map([['dan', 'another']])), 2)
      .thenExpect({ events: ['call:busy', 'call:invited'] });
  });

  it('refuse an invite when all are taken', () => {
    given(full())
      .when(by('ann').invites('dan'), 1)
      .thenExpect({ refused: 'CALL_FULL', unchanged: true });
  });

  it('are free again after a user has left', () => {
    given(full())
      .when(by('bob').declines(), 1)
      .when(by('ann').invites('dan'), 2)
      .thenExpect({ events: ['call:invited'] });
  });

  it('refuse a rejoin when another user has taken the seat', () => {
    given(full())
      .when(by('bob').declines(), 1)
      .when(by('ann').invites('dan'), 2)
      .when(by('bob').rejoins(), 3)
      .thenExpect({ refused: 'CALL_FULL', unchanged: true })
      .when(by('dan').declines(), 4)
      .when(by('bob').rejoins(), 5)
      .thenExpect({ participants: { bob: { state: 'joining' } } });
  });

  it('admit every user who has one', () => {
    given(full())
      .when(by('bob').joins(), 1)
      .when(by('cyn').joins(), 2)
      .when(by('cyn').asksForToken(), 3)
      .thenExpect({ unchanged: true });
  });

  it('are checked at every join and token, in case they became fewer', () => {
    const call = { ...given(full()).when(by('bob').joins(), 1).call, maxParticipants: 2 };
    for (const command of [by('cyn').joins(), by('bob').joins(), by('bob').asksForToken()]) {
      given(call).when(command, 2).thenExpect({ refused: 'CALL_FULL', unchanged: true });
    }
  });
});
