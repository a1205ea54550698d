import { describe, expect, it } from '@jest/globals';
import {
  type Call,
  type Command,
  decide,
  type InvitationOutcome,
  invitationChanges,
  MAX_RINGS,
  start,
} from '@ringline/domain';
import { direct, group, three } from './fixtures/calls.ts';
import { at, by, startOf, TIMINGS, timePasses } from './fixtures/commands.ts';
import { given, played } from './fixtures/given.ts';

function changesBy(call: Call, command: Command, seconds: number) {
  return invitationChanges(call, decide(call, command, at(seconds)).events);
}

describe('an invitation', () => {
  it('is opened for each callee by a start', () => {
    const { events } = start(startOf({ participantIds: ['bob', 'cyn'] }), at(0));
    const opened = { ring: 1, invitedBy: 'ann', invitedAt: at(0), expiresAt: at(30) };
    expect(invitationChanges(null, events)).toEqual([
      { ...opened, userId: 'bob', outcome: null, endedAt: null },
      { ...opened, userId: 'cyn', outcome: null, endedAt: null },
    ]);
  });

  it('is busy at once for a callee who is in another call', () => {
    const { events } = start(
      startOf({ participantIds: ['bob'], busyUsers: new Map([['bob', 'another']]) }),
      at(0),
    );
    expect(invitationChanges(null, events)).toMatchObject([
      { userId: 'bob', ring: 1, expiresAt: null, outcome: 'busy', endedAt: at(0) },
    ]);
  });

  it('is cancelled at once when LiveKit refuses the room', () => {
    const { events } = start(startOf({ mediaRefused: true }), at(0));
    expect(invitationChanges(null, events)).toMatchObject([
      { userId: 'bob', outcome: null },
      { userId: 'bob', outcome: 'cancelled', endedAt: at(0) },
    ]);
  });

  const settlements: [string, Command, number, InvitationOutcome][] = [
    ['accepted by an accept', by('bob').joins(), 5, 'accepted'],
    ['declined by a decline', by('bob').declines(), 5, 'declined'],
    ['declined by a leave', by('bob').leaves(), 5, 'declined'],
    ['busy by a decline as busy', by('bob').declines({ reason: 'busy' }), 5, 'busy'],
    ['cancelled with the call', by('ann').ends(), 5, 'cancelled'],
    ['missed by the ring deadline', timePasses, 30, 'missed'],
  ];
  it.each(settlements)('is %s', (_, command, seconds, outcome) => {
    expect(changesBy(direct.ringing(), command, seconds)).toEqual([
      {
        userId: 'bob',
        ring: 1,
        invitedBy: 'ann',
        invitedAt: at(0),
        expiresAt: at(30),
        outcome,
        endedAt: at(seconds),
      },
    ]);
  });

  it('is cancelled when the ringing user is removed', () => {
    expect(changesBy(group.ringing(), by('ann').removes('bob'), 5)).toMatchObject([
      { userId: 'bob', outcome: 'cancelled' },
    ]);
  });

  it('is settled once, and unchanged by later events of the participant', () => {
    expect(changesBy(direct.connected(), by('bob').leaves(), 9)).toEqual([]);
    expect(changesBy(three(), by('ann').removes('bob'), 9)).toEqual([]);
    expect(changesBy(group.connected(), by('dan').rejoins(), 9)).toEqual([]);
  });

  it('has a new number each time the same user is invited', () => {
    const left = given(three()).when(by('bob').leaves(), 5).call;
    expect(changesBy(left, by('cyn').invites('bob'), 6)).toMatchObject([
      { userId: 'bob', ring: 2, invitedBy: 'cyn', invitedAt: at(6), outcome: null },
    ]);
    const ringing = given(left).when(by('cyn').invites('bob'), 6).call;
    expect(changesBy(ringing, by('bob').joins(), 8)).toMatchObject([
      { userId: 'bob', ring: 2, invitedBy: 'cyn', outcome: 'accepted', endedAt: at(8) },
    ]);
  });

  it('is also opened for an initiator who left and is invited', () => {
    const left = given(three()).when(by('ann').leaves(), 5).call;
    expect(changesBy(left, by('bob').invites('ann'), 6)).toMatchObject([
      { userId: 'ann', ring: 1, invitedBy: 'bob', outcome: null },
    ]);
  });
});

describe('a ring', () => {
  it('runs out separately for each callee', () => {
    given(played({ participantIds: ['bob', 'cyn'] }))
      .when(by('ann').invites('dan'), 10)
      .when(timePasses, 30)
      .thenExpect({
        events: ['call:missed', 'call:missed'],
        participants: { dan: { state: 'invited', ringExpiresAt: at(40) } },
      })
      .when(timePasses, 40)
      .thenExpect({ events: ['call:missed', 'call:ended'] });
  });

  it('has the length set at the start for users invited later, too', () => {
    given(played({ participantIds: ['bob', 'cyn'], timings: { ...TIMINGS, ringSeconds: 7 } }))
      .when(by('ann').invites('dan'), 5)
      .thenExpect({ participants: { dan: { ringExpiresAt: at(12) } } });
  });

  it('is not extended by an acknowledgement', () => {
    given(direct.ringing())
      .when(by('bob').acknowledges(), 20)
      .thenExpect({
        participants: { bob: { state: 'ringing', ringingAt: at(20), ringExpiresAt: at(30) } },
      });
  });

  it('keeps the time of the first acknowledgement', () => {
    given(direct.ringing())
      .when(by('bob').acknowledges(), 2)
      .when(by('bob').acknowledges(), 3)
      .thenExpect({ unchanged: true, participants: { bob: { ringingAt: at(2) } } });
  });

  it('must be acknowledged again after a second invite', () => {
    given(group.ringing())
      .when(by('cyn').acknowledges(), 1)
      .when(by('cyn').declines(), 2)
      .when(by('ann').invites('cyn'), 3)
      .thenExpect({ participants: { cyn: { state: 'invited', ringingAt: null } } });
  });
});

describe('an invite', () => {
  it('cannot ring a user a fourth time', () => {
    let story = given(group.connected()).when(by('cyn').declines(), 3);
    for (let ring = 2; ring <= MAX_RINGS; ring += 1) {
      story = story.when(by('ann').invites('cyn'), ring * 10).when(by('cyn').declines(), ring * 10);
    }
    story
      .when(by('ann').invites(['cyn', 'fay']), 40)
      .thenExpect({ refused: 'INVALID_STATE', unchanged: true });
  });

  it('counts invitations that found the user busy', () => {
    const others = new Map([['cyn', 'another call']]);
    given(group.connected())
      .when(by('cyn').declines(), 3)
      .when(by('ann').invites(['cyn', 'fay'], others), 10)
      .when(by('ann').invites(['cyn', 'gus'], others), 11)
      .thenExpect({ participants: { cyn: { state: 'busy', rings: 3 } } })
      .when(by('ann').invites('cyn'), 12)
      .thenExpect({ refused: 'INVALID_STATE', unchanged: true });
  });

  it('of busy users only is refused and not recorded', () => {
    const busyUsers = new Map([
      ['fay', 'another call'],
      ['gus', 'another call'],
    ]);
    given(group.connected())
      .when(by('ann').invites(['fay', 'gus'], busyUsers), 10)
      .thenExpect({ refused: 'USER_BUSY', unchanged: true });
  });

  it('of active users only changes nothing', () => {
    given(group.connected())
      .when(by('ann').invites(['bob', 'cyn', 'ann']), 10)
      .thenExpect({ unchanged: true });
  });

  it('skips active users and rings the others', () => {
    given(group.connected())
      .when(by('ann').invites(['bob', 'fay', 'cyn']), 10)
      .thenExpect({ events: ['call:invited'], participants: { fay: { state: 'invited' } } });
  });
});
