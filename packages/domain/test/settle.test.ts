import { describe, it } from '@jest/globals';
import { direct, group, three } from './fixtures/calls.ts';
import { anAdminEnds, at, by, liveKit, timePasses } from './fixtures/commands.ts';
import { given, played } from './fixtures/given.ts';

describe('a call that nobody has answered', () => {
  const ringing = () => played({ participantIds: ['bob', 'cyn', 'dan'] });

  it('rings on while one is still rung', () => {
    given(ringing())
      .when(by('bob').declines(), 1)
      .when(by('cyn').declines({ reason: 'busy' }), 2)
      .thenExpect({ events: ['call:declined'], call: { state: 'ringing' } });
  });

  it('is cancelled once the initiator is out, though others are rung', () => {
    given(ringing())
      .when(by('ann').leaves(), 1)
      .thenExpect({
        call: { state: 'cancelled' },
        participants: { bob: { state: 'cancelled' }, ann: { state: 'left' } },
      });
  });

  it('is missed if anyone missed it, whatever the others said', () => {
    given(ringing())
      .when(by('bob').declines(), 1)
      .when(by('cyn').declines({ reason: 'busy' }), 2)
      .when(timePasses, 30)
      .thenExpect({ call: { state: 'missed', endReason: 'no_answer', endedBy: null } });
  });

  it('is missed even if the last one to be rung declines', () => {
    given(ringing())
      .when(by('ann').invites('eve'), 20)
      .when(timePasses, 30)
      .when(by('eve').declines(), 31)
      .thenExpect({ call: { state: 'missed', endReason: 'no_answer', endedBy: null } });
  });

  it('is declined if nobody missed it and one declined', () => {
    given(ringing())
      .when(by('bob').declines(), 1)
      .when(by('cyn').declines({ reason: 'busy' }), 2)
      .when(by('ann').removes('dan'), 3)
      .thenExpect({ call: { state: 'declined', endReason: 'declined', endedBy: 'bob' } });
  });

  it('is busy if all whom it asked were busy or removed', () => {
    given(ringing())
      .when(by('cyn').declines({ reason: 'busy' }), 2)
      .when(by('ann').removes('dan'), 3)
      .when(by('ann').removes('bob'), 4)
      .thenExpect({ call: { state: 'busy', endReason: 'busy', endedBy: 'cyn' } });
  });

  it('is cancelled if all whom it asked were removed', () => {
    given(ringing())
      .when(by('ann').removes('bob'), 1)
      .when(by('ann').removes('cyn'), 2)
      .when(by('ann').removes('dan'), 3)
      .thenExpect({ call: { state: 'cancelled', endReason: 'cancelled', endedBy: 'ann' } });
  });

  it('counts for one who is rung again only what they say at last', () => {
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
  it('is over once one of a direct call is out, though the other stays', () => {
    given(direct.connected())
      .when(by('bob').leaves(), 10)
      .thenExpect({ call: { state: 'ended' }, participants: { ann: { state: 'left' } } });
  });

  it('is over once nobody is In, though others are rung', () => {
    given(group.connected())
      .when(by('bob').leaves(), 10)
      .when(by('ann').leaves(), 11)
      .thenExpect({
        call: { state: 'ended', endReason: 'hangup', endedBy: 'ann' },
        participants: { cyn: { state: 'cancelled' } },
      });
  });

  it('is over once one is alone in a group where only two were ever In', () => {
    given(group.connected())
      .when(by('cyn').declines(), 9)
      .when(by('bob').leaves(), 10)
      .thenExpect({ call: { state: 'ended', endedBy: 'bob' } });
  });

  it('goes on with one who is alone while another is rung, and is over with that ring', () => {
    given(group.connected())
      .when(by('bob').leaves(), 10)
      .thenExpect({ call: { state: 'connected', soloExpiresAt: null } })
      .when(by('cyn').declines(), 12)
      .thenExpect({
        call: { state: 'ended', endReason: 'hangup', endedBy: 'bob', endedAt: at(12) },
      });
  });

  it('goes on for the solo time with one who is alone where three were In', () => {
    given(three())
      .when(by('bob').leaves(), 10)
      .when(by('cyn').leaves(), 12)
      .thenExpect({ call: { state: 'connected', soloExpiresAt: at(112) } });
  });

  it('counts three who were In one after the other', () => {
    given(group.connected())
      .when(by('bob').leaves(), 10)
      .when(by('cyn').joins(), 12)
      .when(by('cyn').leaves(), 13)
      .thenExpect({ call: { state: 'connected', soloExpiresAt: at(113) } });
  });
});

describe('a call that goes on', () => {
  it('is connecting until two are joined, and connected from then on', () => {
    given(direct.connecting())
      .when(liveKit.joined('bob'), 2)
      .thenExpect({ call: { state: 'connecting', connectedAt: null } })
      .when(liveKit.joined('ann'), 3)
      .thenExpect({ call: { state: 'connected', connectedAt: at(3) } });
  });

  it('stays connecting where the one who was there is lost before the other came', () => {
    given(direct.connecting())
      .when(liveKit.joined('bob'), 2)
      .when(liveKit.left('bob'), 3)
      .thenExpect({
        call: { state: 'connecting' },
        participants: { bob: { state: 'reconnecting' } },
      });
  });

  it('is reconnecting while fewer than two are joined and one is reconnecting', () => {
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

  it('is connected, with one alone in it, once the one who was lost is out', () => {
    given(group.reconnecting())
      .when(by('bob').leaves(), 8)
      .thenExpect({
        events: ['call:participant_left', 'call:state_changed'],
        call: { state: 'connected' },
      });
  });

  it('does not start the solo time anew when the one who is alone reconnects', () => {
    given(three())
      .when(by('bob').leaves(), 10)
      .when(by('cyn').leaves(), 10)
      .when(liveKit.left('ann'), 20)
      .thenExpect({ call: { state: 'reconnecting', soloExpiresAt: at(110) } })
      .when(liveKit.joined('ann', 2), 30)
      .thenExpect({ call: { state: 'connected', soloExpiresAt: at(110) } });
  });

  it('runs the solo time for one who is alone and still joining', () => {
    given(played({ participantIds: ['bob', 'cyn'] }))
      .when(by('bob').joins(), 1)
      .when(by('cyn').joins(), 1)
      .when(by('bob').leaves(), 2)
      .when(by('cyn').leaves(), 3)
      .thenExpect({ call: { state: 'connecting', soloExpiresAt: at(103) } });
  });

  it('stops the solo time at a ring and starts it anew after it', () => {
    given(three())
      .when(by('bob').leaves(), 10)
      .when(by('cyn').leaves(), 10)
      .when(by('ann').invites('dan'), 20)
      .thenExpect({ events: ['call:invited', 'call:updated'], call: { soloExpiresAt: null } })
      .when(by('dan').declines(), 25)
      .thenExpect({ events: ['call:declined', 'call:updated'], call: { soloExpiresAt: at(125) } });
  });

  it('stops the solo time when somebody rejoins', () => {
    given(three())
      .when(by('bob').leaves(), 10)
      .when(by('cyn').leaves(), 10)
      .when(by('bob').rejoins(), 20)
      .thenExpect({ events: ['call:accepted', 'call:updated'], call: { soloExpiresAt: null } });
  });
});

it('nothing but call:ended tells of the states that the end of a call brings', () => {
  given(group.connected())
    .when(anAdminEnds, 10)
    .thenExpect({
      events: ['call:ended'],
      effects: [{ name: 'delete_room' }],
      participants: { ann: { state: 'left' }, bob: { state: 'left' }, cyn: { state: 'cancelled' } },
    });
});
