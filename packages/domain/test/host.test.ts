import { describe, it } from '@jest/globals';
import { direct, group, three } from './fixtures/calls.ts';
import { at, by, liveKit, timePasses } from './fixtures/commands.ts';
import { given, played } from './fixtures/given.ts';

describe('the initiator', () => {
  it('of an unanswered group cancels it by leaving', () => {
    given(group.ringing())
      .when(by('ann').leaves(), 5)
      .thenExpect({ call: { state: 'cancelled' }, participants: { bob: { state: 'cancelled' } } });
  });

  it('of an answered group leaves without stopping the call or its rings', () => {
    given(group.connected())
      .when(by('ann').leaves(), 5)
      .thenExpect({
        events: ['call:participant_left', 'call:updated'],
        call: { state: 'connected', hostId: 'bob' },
        participants: { cyn: { state: 'invited' } },
      });
  });
});

describe('the host', () => {
  it('is null in a direct call', () => {
    given(direct.connected())
      .when(timePasses, 9)
      .thenExpect({ call: { hostId: null } });
  });

  it('is the initiator of a group, even while reconnecting', () => {
    given(three())
      .when(liveKit.left('ann'), 9)
      .thenExpect({ events: ['call:participant_updated'], call: { hostId: 'ann' } });
  });

  it('passes to the earliest current stay', () => {
    given(played({ participantIds: ['bob', 'cyn'] }))
      .when(by('bob').joins(), 1)
      .when(by('cyn').joins(), 2)
      .when(liveKit.joined('ann'), 3)
      .when(liveKit.joined('cyn'), 4)
      .when(liveKit.joined('bob'), 5)
      .when(by('ann').leaves(), 6)
      .thenExpect({ events: ['call:participant_left', 'call:updated'], call: { hostId: 'cyn' } });
  });

  it('skips earlier stays: a user who came back ranks behind one who stayed', () => {
    given(three())
      .when(by('bob').leaves(), 5)
      .when(by('bob').rejoins(), 6)
      .when(liveKit.joined('bob', 2), 7)
      .when(by('ann').leaves(), 8)
      .thenExpect({ call: { hostId: 'cyn' } });
  });

  it('passes to the earliest stay, even of a user who is reconnecting', () => {
    given(played({ participantIds: ['bob', 'cyn'] }))
      .when(by('bob').joins(), 1)
      .when(by('cyn').joins(), 2)
      .when(liveKit.joined('bob'), 3)
      .when(liveKit.joined('cyn'), 4)
      .when(liveKit.left('bob'), 5)
      .when(by('ann').leaves(), 6)
      .thenExpect({ call: { hostId: 'bob' } });
  });

  it('passes to the earliest accept when no one has joined yet', () => {
    given(played({ participantIds: ['bob', 'cyn'] }))
      .when(by('cyn').joins(), 1)
      .when(by('bob').joins(), 2)
      .when(by('ann').leaves(), 3)
      .thenExpect({ call: { state: 'connecting', hostId: 'cyn' } });
  });

  it('never passes back', () => {
    given(three())
      .when(by('ann').leaves(), 5)
      .when(by('ann').rejoins(), 6)
      .when(liveKit.joined('ann', 2), 7)
      .thenExpect({ events: ['call:participant_joined'], call: { hostId: 'bob' } });
  });

  it('passes on when the grace period of the host runs out', () => {
    given(three())
      .when(liveKit.left('ann'), 10)
      .when(timePasses, 50)
      .thenExpect({ call: { state: 'connected', hostId: 'bob' } });
  });

  it('can hand the role to a user in the call, and then no longer', () => {
    given(three())
      .when(by('ann').handsOverTo('cyn'), 5)
      .thenExpect({ events: ['call:updated'], call: { hostId: 'cyn' } })
      .when(by('ann').handsOverTo('ann'), 6)
      .thenExpect({ refused: 'FORBIDDEN', unchanged: true });
  });

  it('cannot hand the role to a user who rings, has left or is unknown', () => {
    for (const userId of ['cyn', 'dan', 'eve', 'zoe']) {
      given(group.connected())
        .when(by('ann').handsOverTo(userId), 5)
        .thenExpect({ refused: 'INVALID_STATE', unchanged: true });
    }
  });

  it('changes nothing by handing the role to themselves', () => {
    given(three()).when(by('ann').handsOverTo('ann'), 5).thenExpect({ unchanged: true });
  });

  it('cannot remove themselves', () => {
    given(three())
      .when(by('ann').removes('ann'), 5)
      .thenExpect({ refused: 'INVALID_STATE', unchanged: true });
  });
});

describe('a direct call', () => {
  it('becomes a group hosted by the initiator when a third user is invited', () => {
    given(direct.connected())
      .when(by('bob').invites('cyn'), 5)
      .thenExpect({
        events: ['call:updated', 'call:invited'],
        call: { mode: 'group', hostId: 'ann', state: 'connected' },
      });
  });

  it('becomes a group while it still rings', () => {
    given(direct.ringing())
      .when(by('ann').invites('cyn'), 5)
      .when(by('bob').declines(), 6)
      .thenExpect({ events: ['call:declined'], call: { state: 'ringing', mode: 'group' } });
  });

  it('stays a group after the third user has left', () => {
    given(direct.connected())
      .when(by('bob').invites('cyn'), 5)
      .when(by('cyn').joins(), 6)
      .when(by('cyn').leaves(), 7)
      .when(by('bob').ends(), 8)
      .thenExpect({ refused: 'FORBIDDEN', unchanged: true, call: { mode: 'group' } });
  });

  it('that became a group ends at once when one of the only two users leaves', () => {
    given(direct.connected())
      .when(by('bob').invites('cyn'), 5)
      .when(by('cyn').declines(), 6)
      .when(by('ann').leaves(), 7)
      .thenExpect({ call: { state: 'ended', endReason: 'hangup', endedAt: at(7) } });
  });

  it('stays direct when the third user is busy', () => {
    given(direct.connected())
      .when(by('bob').invites('cyn', new Map([['cyn', 'another']])), 5)
      .thenExpect({ refused: 'USER_BUSY', unchanged: true });
  });

  it('stays direct when the invite names no new user', () => {
    given(direct.connected()).when(by('bob').invites('ann'), 5).thenExpect({ unchanged: true });
  });
});
