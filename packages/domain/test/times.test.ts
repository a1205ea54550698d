import { describe, expect, it } from '@jest/globals';
import { getDurationSeconds } from '@ringline/domain';
import { direct, over, three } from './fixtures/calls.ts';
import { at, by, liveKit, timePasses } from './fixtures/commands.ts';
import { given, played } from './fixtures/given.ts';

describe('the times of a participant', () => {
  it('keep the first join after a rejoin', () => {
    given(three())
      .when(by('bob').leaves(), 10)
      .when(by('bob').rejoins(), 20)
      .when(liveKit.joined('bob', 2), 21)
      .thenExpect({ participants: { bob: { joinedAt: at(2), leftAt: null } } });
  });

  it('include leftAt, except while the user is in the call', () => {
    given(three())
      .when(by('bob').leaves(), 10)
      .thenExpect({ participants: { bob: { leftAt: at(10) } } })
      .when(by('ann').invites('bob'), 11)
      .thenExpect({ participants: { bob: { state: 'invited', leftAt: at(10) } } })
      .when(by('bob').joins(), 12)
      .thenExpect({ participants: { bob: { leftAt: null } } });
  });

  it('include no leftAt for a user who was never in the call', () => {
    given(direct.ringing())
      .when(by('bob').declines(), 5)
      .thenExpect({ participants: { bob: { joinedAt: null, leftAt: null } } });
  });

  it('sum up the completed stays', () => {
    given(three())
      .when(by('bob').leaves(), 10)
      .thenExpect({ participants: { bob: { stayedMs: 8_000 } } })
      .when(by('bob').rejoins(), 20)
      .when(liveKit.joined('bob', 2), 25)
      .thenExpect({ participants: { bob: { stayedMs: 8_000 } } })
      .when(by('bob').leaves(), 30)
      .thenExpect({ participants: { bob: { stayedMs: 13_000 } } });
  });

  it('count a stay from the time the call connected', () => {
    given(direct.ringing())
      .when(liveKit.joined('ann'), 1)
      .when(by('bob').joins(), 5)
      .when(liveKit.joined('bob'), 10)
      .when(by('ann').ends(), 17)
      .thenExpect({ participants: { ann: { stayedMs: 7_000 }, bob: { stayedMs: 7_000 } } });
  });

  it('count nothing for a call that never connected', () => {
    given(direct.connecting())
      .when(liveKit.joined('ann'), 2)
      .when(by('ann').ends(), 17)
      .thenExpect({ participants: { ann: { stayedMs: 0 } } });
  });

  it('count the time in which the user was lost until the grace period ended', () => {
    given(direct.reconnecting())
      .when(timePasses, 60)
      .thenExpect({ participants: { bob: { stayedMs: 41_000, leftAt: at(43) } } });
  });

  it('count a stay with a reconnect as one', () => {
    given(direct.reconnecting())
      .when(liveKit.joined('bob', 2), 9)
      .when(by('ann').ends(), 12)
      .thenExpect({ participants: { bob: { stayedMs: 10_000 } } });
  });

  it('count no time for a user who accepted and never joined', () => {
    given(played({ participantIds: ['bob', 'cyn'] }))
      .when(by('bob').joins(), 1)
      .when(by('cyn').joins(), 1)
      .when(liveKit.joined('ann'), 2)
      .when(liveKit.joined('bob'), 2)
      .when(by('cyn').leaves(), 9)
      .thenExpect({ participants: { cyn: { stayedMs: 0, joinedAt: null, leftAt: at(9) } } });
  });
});

describe('the duration of a call', () => {
  it('is from connected to ended, in whole seconds', () => {
    const { call } = given(direct.connected()).when(by('ann').ends(), 10.9);
    expect(getDurationSeconds(call)).toBe(8);
  });

  it('is 0 while it lasts, and for one that never connected', () => {
    expect(getDurationSeconds(direct.connected())).toBe(0);
    expect(getDurationSeconds(over.failed())).toBe(0);
    expect(getDurationSeconds(over.missed())).toBe(0);
  });
});
