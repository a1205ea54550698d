import { describe, expect, it } from '@jest/globals';
import { direct, group, three } from './fixtures/calls.ts';
import { at, by, liveKit, timePasses } from './fixtures/commands.ts';
import { given, played } from './fixtures/given.ts';

describe('a late worker', () => {
  it('stamps an expired deadline with its due time', () => {
    const late = given(direct.ringing()).when(timePasses, 500);
    late.thenExpect({ call: { state: 'missed', endedAt: at(30) } });
    expect(late.decision.events).toMatchObject([
      { name: 'call:missed', at: at(30) },
      { name: 'call:ended', at: at(30) },
    ]);
  });

  it('applies deadlines in the order of their due times and settles each separately', () => {
    const late = given(group.reconnecting()).when(timePasses, 500);
    late.thenExpect({
      events: ['call:missed', 'call:participant_left', 'call:ended'],
      call: { endReason: 'connection_lost', endedAt: at(43) },
    });
    expect(late.decision.events).toMatchObject([{ at: at(30) }, { at: at(43) }, { at: at(43) }]);
  });

  it('counts a follow-up deadline from the due time of the first', () => {
    given(three())
      .when(by('cyn').leaves(), 5)
      .when(liveKit.left('bob'), 10)
      .when(timePasses, 9000)
      .thenExpect({
        events: [
          'call:participant_left',
          'call:state_changed',
          'call:updated',
          'call:ending_soon',
          'call:ended',
        ],
        call: { endReason: 'solo_timeout', endedAt: at(150) },
      });
  });

  it('ignores the second of two due deadlines when the first has ended the call', () => {
    given(played({}))
      .when(liveKit.joined('ann'), 1)
      .when(by('bob').joins(), 2)
      .when(liveKit.left('ann'), 3)
      .when(timePasses, 9000)
      .thenExpect({
        events: ['call:participant_left', 'call:ended'],
        call: { state: 'failed', endReason: 'connection_lost', endedAt: at(43) },
        participants: {
          bob: { state: 'left', exit: { at: at(43), cause: 'call_ended', by: null } },
        },
      });
  });

  it('expires nothing a millisecond before it is due', () => {
    given(direct.ringing()).when(timePasses, 29.999).thenExpect({ unchanged: true });
  });
});

describe('a late command', () => {
  it('is decided after the due deadlines', () => {
    given(direct.ringing())
      .when(by('bob').joins(), 30)
      .thenExpect({
        refused: 'CALL_ENDED',
        events: ['call:missed', 'call:ended'],
        call: { state: 'missed', endedAt: at(30) },
      });
  });

  it('applies to the call after the due deadlines', () => {
    given(group.connected())
      .when(by('cyn').joins(), 31)
      .thenExpect({
        refused: 'INVALID_STATE',
        events: ['call:missed'],
        participants: { cyn: { state: 'missed' } },
      })
      .when(by('cyn').rejoins(), 32)
      .thenExpect({ events: ['call:accepted'], participants: { cyn: { state: 'joining' } } });
  });

  it('comes too late when it is from LiveKit, too', () => {
    given(direct.reconnecting())
      .when(liveKit.joined('bob', 2), 43)
      .thenExpect({
        call: { state: 'ended', endReason: 'connection_lost' },
        effects: [{ name: 'delete_room' }, { name: 'remove_participant', userId: 'bob' }],
      });
  });

  it('is in time a millisecond before the deadline', () => {
    given(direct.reconnecting())
      .when(liveKit.joined('bob', 2), 42.999)
      .thenExpect({ call: { state: 'connected' } });
  });
});

describe('a clock that steps back', () => {
  it('does not put a time of the call before an earlier one', () => {
    given(direct.ringing())
      .when(by('bob').joins(), -5)
      .thenExpect({ call: { answeredAt: at(0) } })
      .when(liveKit.joined('ann'), 10)
      .when(liveKit.joined('bob'), 12)
      .thenExpect({ call: { connectedAt: at(12) } })
      .when(by('bob').ends(), 11)
      .thenExpect({ call: { endedAt: at(12) }, participants: { bob: { stayedMs: 0 } } });
  });
});
