import { describe, it } from '@jest/globals';
import { direct, group, three } from './fixtures/calls.ts';
import { anAdminEnds, at, by, liveKit, timePasses } from './fixtures/commands.ts';
import { given, played } from './fixtures/given.ts';

describe('an unanswered call', () => {
  const ringing = () => played({ participantIds: ['bob', 'cyn', 'dan'] });

  it('rings on while one user still rings', () => {
    given(ringing())
      .when(by('bob').declines(), 1)
      .when(by('cyn').declines({ reason: 'busy' }), 2)
      .thenExpect({ events: ['call:declined'], call: { state: 'ringing' } });
  });

  it('is cancelled when the initiator leaves, even if others ring', () => {
    given(ringing())
      .when(by('ann').leaves(), 1)
      .thenExpect({
        call: { state: 'cancelled' },
        participants: { bob: { state: 'cancelled' }, ann: { state: 'left' } },
      });
  });

  it('is missed if anyone missed it', () => {
    given(ringing())
      .when(by('bob').declines(), 1)
      .when(by('cyn').declines({ reason: 'busy' }), 2)
      .when(timePasses, 30)
      .thenExpect({ call: { state: 'missed', endReason: 'no_answer', endedBy: null } });
  });

  it('is missed even if the last ringing user declines', () => {
    given(ringing())
      .when(by('ann').invites('eve'), 20)
      .when(timePasses, 30)
      .when(by('eve').declines(), 31)
      .thenExpect({ call: { state: 'missed', endReason: 'no_answer', endedBy: null } });
  });

  it('is declined if no one missed it and one user declined', () => {
    given(ringing())
      .when(by('bob').declines(), 1)
      .when(by('cyn').declines({ reason: 'busy' }), 2)
      .when(by('ann').removes('dan'), 3)
      .thenExpect({ call: { state: 'declined', endReason: 'declined', endedBy: 'bob' } });
  });

  it('is busy if all invitees were busy or removed', () => {
    given(ringing())
      .when(by('cyn').declines({ reason: 'busy' }), 2)
      .when(by('ann').removes('dan'), 3)
      .when(by('ann').removes('bob'), 4)
      .thenExpect({ call: { state: 'busy', endReason: 'busy', endedBy: 'cyn' } });
  });

  it('is cancelled if all invitees were removed', () => {
    given(ringing())
      .when(by('ann').removes('bob'), 1)
      .when(by('ann').removes('cyn'), 2)
      .when(by('ann').removes('dan'), 3)
      .thenExpect({ call: { state: 'cancelled', endReason: 'cancelled', endedBy: 'ann' } });
  });

  it('counts only the last decline of a user who was invited twice', () => {
    given(ringing())
      .when(by('bob').declines(), 1)
      .when(by('ann').invites('bob'), 2)
      .when(by('bob').declines({ reason: 'busy' }), 3)
      .when(by('cyn').declines({ reason: 'busy' }), 3)
      .when(by('dan').declines({ reason: 'busy' }), 3)
      .thenExpect({ call: { state: 'busy' } });
  });
});

describe('an answered call', () => {
  it('ends when either user of a direct call leaves', () => {
    given(direct.connected())
      .when(by('bob').leaves(), 10)
      .thenExpect({ call: { state: 'ended' }, participants: { ann: { state: 'left' } } });
  });

  it('ends when no one is in the call, even if others ring', () => {
    given(group.connected())
      .when(by('bob').leaves(), 10)
      .when(by('ann').leaves(), 11)
      .thenExpect({
        call: { state: 'ended', endReason: 'hangup', endedBy: 'ann' },
        participants: { cyn: { state: 'cancelled' } },
      });
  });

  it('ends when one user is alone in a group that only two users were ever in', () => {
    given(group.connected())
      .when(by('cyn').declines(), 9)
      .when(by('bob').leaves(), 10)
      .thenExpect({ call: { state: 'ended', endedBy: 'bob' } });
  });

  it('continues with one user while another rings, and ends with that ring', () => {
    given(group.connected())
      .when(by('bob').leaves(), 10)
      .thenExpect({ call: { state: 'connected', soloExpiresAt: null } })
      .when(by('cyn').declines(), 12)
      .thenExpect({
        call: { state: 'ended', endReason: 'hangup', endedBy: 'bob', endedAt: at(12) },
      });
  });

  it('continues until the solo deadline with one of three users', () => {
    given(three())
      .when(by('bob').leaves(), 10)
      .when(by('cyn').leaves(), 12)
      .thenExpect({ call: { state: 'connected', soloExpiresAt: at(112) } });
  });

  it('counts three users who were in the call at different times', () => {
    given(group.connected())
      .when(by('bob').leaves(), 10)
      .when(by('cyn').joins(), 12)
      .when(by('cyn').leaves(), 13)
      .thenExpect({ call: { state: 'connected', soloExpiresAt: at(113) } });
  });
});

describe('a call that continues', () => {
  it('is connecting until two users are joined, and then connected', () => {
    given(direct.connecting())
      .when(liveKit.joined('bob'), 2)
      .thenExpect({ call: { state: 'connecting', connectedAt: null } })
      .when(liveKit.joined('ann'), 3)
      .thenExpect({ call: { state: 'connected', connectedAt: at(3) } });
  });

  it('stays connecting when the first user is lost before the second joins', () => {
    given(direct.connecting())
      .when(liveKit.joined('bob'), 2)
      .when(liveKit.left('bob'), 3)
      .thenExpect({
        call: { state: 'connecting' },
        participants: { bob: { state: 'reconnecting' } },
      });
  });

  it('is reconnecting while fewer than two users are joined and one is reconnecting', () => {
    given(three())
      .when(liveKit.left('ann'), 3)
      .thenExpect({ call: { state: 'connected' } })
      .when(liveKit.left('bob'), 4)
      .thenExpect({ call: { state: 'reconnecting' } })
      .when(liveKit.left('cyn'), 5)
      .thenExpect({ events: ['call:participant_updated'], call: { state: 'reconnecting' } });
  });

  it('keeps its first connectedAt when it is connected again', () => {
    given(direct.reconnecting())
      .when(liveKit.joined('bob', 2), 8)
      .thenExpect({ call: { state: 'connected', connectedAt: at(2) } });
  });

  it('is connected with one user after the lost user has left', () => {
    given(group.reconnecting())
      .when(by('bob').leaves(), 8)
      .thenExpect({
        events: ['call:participant_left', 'call:state_changed'],
        call: { state: 'connected' },
      });
  });

  it('does not restart the solo deadline when the only user reconnects', () => {
    given(three())
      .when(by('bob').leaves(), 10)
      .when(by('cyn').leaves(), 10)
      .when(liveKit.left('ann'), 20)
      .thenExpect({ call: { state: 'reconnecting', soloExpiresAt: at(110) } })
      .when(liveKit.joined('ann', 2), 30)
      .thenExpect({ call: { state: 'connected', soloExpiresAt: at(110) } });
  });

  it('starts the solo deadline for a single user who is still joining', () => {
    given(played({ participantIds: ['bob', 'cyn'] }))
      .when(by('bob').joins(), 1)
      .when(by('cyn').joins(), 1)
      .when(by('bob').leaves(), 2)
      .when(by('cyn').leaves(), 3)
      .thenExpect({ call: { state: 'connecting', soloExpiresAt: at(103) } });
  });

  it('lifts the solo deadline while a user rings, and starts a new one afterwards', () => {
    given(three())
      .when(by('bob').leaves(), 10)
      .when(by('cyn').leaves(), 10)
      .when(by('ann').invites('dan'), 20)
      .thenExpect({ events: ['call:invited', 'call:updated'], call: { soloExpiresAt: null } })
      .when(by('dan').declines(), 25)
      .thenExpect({ events: ['call:declined', 'call:updated'], call: { soloExpiresAt: at(125) } });
  });

  it('lifts the solo deadline when a user rejoins', () => {
    given(three())
      .when(by('bob').leaves(), 10)
      .when(by('cyn').leaves(), 10)
      .when(by('bob').rejoins(), 20)
      .thenExpect({ events: ['call:accepted', 'call:updated'], call: { soloExpiresAt: null } });
  });
});

it('the end of a call publishes only call:ended', () => {
  given(group.connected())
    .when(anAdminEnds, 10)
    .thenExpect({
      events: ['call:ended'],
      effects: [{ name: 'delete_room' }],
      participants: { ann: { state: 'left' }, bob: { state: 'left' }, cyn: { state: 'cancelled' } },
    });
});
