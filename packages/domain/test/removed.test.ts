import { describe, it } from '@jest/globals';
import { group, three } from './fixtures/calls.ts';
import { at, by, liveKit } from './fixtures/commands.ts';
import { given } from './fixtures/given.ts';

const evictBob = [{ name: 'remove_participant', userId: 'bob' }] as const;
function removed() {
  return given(three()).when(by('ann').removes('bob'), 5);
}

describe('one who was removed', () => {
  it('is out at once, and taken out of the room', () => {
    removed().thenExpect({
      events: ['call:participant_left'],
      effects: [...evictBob],
      participants: {
        bob: { state: 'removed', leftAt: at(5), exit: { at: at(5), cause: 'removed', by: 'ann' } },
      },
    });
  });

  it('gets no token and no way back', () => {
    for (const command of [
      by('bob').asksForToken(),
      by('bob').rejoins(),
      by('bob').joins({ takeover: true }),
      by('bob').acknowledges(),
      by('bob').invites('dan'),
      by('bob').toggles({ audioEnabled: true }),
      by('bob').mutesAll(),
    ]) {
      removed().when(command, 6).thenExpect({ refused: 'NOT_ALLOWED', unchanged: true });
    }
  });

  it('is evicted each time LiveKit lets them in', () => {
    removed()
      .when(liveKit.joined('bob', 2), 6)
      .thenExpect({ unchanged: true, effects: [...evictBob] })
      .when(liveKit.joined('bob', 3), 7)
      .thenExpect({ unchanged: true, effects: [...evictBob] });
  });

  it('is brought back by the invite of the host, and by no other', () => {
    removed()
      .when(by('cyn').invites(['bob', 'dan']), 6)
      .thenExpect({ refused: 'NOT_ALLOWED', unchanged: true });
    removed()
      .when(by('ann').invites('bob'), 6)
      .thenExpect({ events: ['call:invited'], participants: { bob: { state: 'invited' } } })
      .when(by('bob').joins(), 7)
      .thenExpect({ participants: { bob: { state: 'joining' } } });
  });

  it('is brought back by whoever is the host then', () => {
    removed()
      .when(by('ann').handsOverTo('cyn'), 6)
      .when(by('ann').invites('bob'), 7)
      .thenExpect({ refused: 'NOT_ALLOWED', unchanged: true });
    removed()
      .when(by('ann').handsOverTo('cyn'), 6)
      .when(by('cyn').invites('bob'), 7)
      .thenExpect({ participants: { bob: { state: 'invited', barred: false } } });
  });

  it('and is busy at the invite of the host may rejoin later', () => {
    removed()
      .when(by('ann').invites(['bob', 'dan'], new Map([['bob', 'another']])), 6)
      .thenExpect({ participants: { bob: { state: 'busy' } } })
      .when(by('bob').rejoins(), 7)
      .thenExpect({ participants: { bob: { state: 'joining' } } });
  });
});

describe('one who is removed while out', () => {
  const barred = () => given(three()).when(by('bob').leaves(), 5).when(by('ann').removes('bob'), 6);

  it('keeps their state, and nobody hears of it', () => {
    barred().thenExpect({
      events: [],
      effects: [...evictBob],
      participants: {
        bob: { state: 'left', barred: true, exit: { at: at(5), cause: 'left', by: 'bob' } },
      },
    });
  });

  it('is kept out in the same way', () => {
    barred().when(by('bob').rejoins(), 7).thenExpect({ refused: 'NOT_ALLOWED', unchanged: true });
    barred()
      .when(by('bob').asksForToken(), 7)
      .thenExpect({ refused: 'NOT_ALLOWED', unchanged: true });
    barred()
      .when(by('cyn').invites('bob'), 7)
      .thenExpect({ refused: 'NOT_ALLOWED', unchanged: true });
    barred()
      .when(liveKit.joined('bob', 2), 7)
      .thenExpect({ unchanged: true, effects: [...evictBob] });
  });

  it('is let in again by the invite of the host', () => {
    barred()
      .when(by('ann').invites('bob'), 7)
      .thenExpect({ participants: { bob: { state: 'invited', barred: false } } })
      .when(by('bob').declines(), 8)
      .when(by('bob').rejoins(), 9)
      .thenExpect({ participants: { bob: { state: 'joining' } } });
  });

  it('can be so before anyone has answered', () => {
    given(group.ringing())
      .when(by('ann').removes('dan'), 5)
      .thenExpect({
        events: [],
        call: { state: 'ringing' },
        participants: { dan: { state: 'declined', barred: true } },
      });
  });
});

describe('a remove', () => {
  it('of one who is rung ends their ring', () => {
    given(group.connected())
      .when(by('ann').removes('cyn'), 5)
      .thenExpect({
        events: ['call:participant_left'],
        participants: { cyn: { state: 'removed', leftAt: null } },
      });
  });

  it('of one who was never asked is refused', () => {
    given(three())
      .when(by('ann').removes('zoe'), 5)
      .thenExpect({ refused: 'INVALID_STATE', unchanged: true });
  });

  it('by one who was host and left is refused', () => {
    given(three())
      .when(by('ann').leaves(), 5)
      .when(by('ann').removes('cyn'), 6)
      .thenExpect({ refused: 'FORBIDDEN', unchanged: true });
  });
});
