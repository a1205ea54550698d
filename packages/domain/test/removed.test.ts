import { describe, it } from '@jest/globals';
import { group, three } from './fixtures/calls.ts';
import { at, by, liveKit } from './fixtures/commands.ts';
import { given } from './fixtures/given.ts';

const evictBob = [{ name: 'remove_participant', userId: 'bob' }] as const;
function removed() {
  return given(three()).when(by('ann').removes('bob'), 5);
}

describe('a removed user', () => {
  it('leaves the call and the room at once', () => {
    removed().thenExpect({
      events: ['call:participant_left'],
      effects: [...evictBob],
      participants: {
        bob: { state: 'removed', leftAt: at(5), exit: { at: at(5), cause: 'removed', by: 'ann' } },
      },
    });
  });

  it('gets no token and cannot come back', () => {
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

  it('is removed from the room each time LiveKit lets them in', () => {
    removed()
      .when(liveKit.joined('bob', 2), 6)
      .thenExpect({ unchanged: true, effects: [...evictBob] })
      .when(liveKit.joined('bob', 3), 7)
      .thenExpect({ unchanged: true, effects: [...evictBob] });
  });

  it('can only be invited by the host', () => {
    removed()
      .when(by('cyn').invites(['bob', 'dan']), 6)
      .thenExpect({ refused: 'NOT_ALLOWED', unchanged: true });
    removed()
      .when(by('ann').invites('bob'), 6)
      .thenExpect({ events: ['call:invited'], participants: { bob: { state: 'invited' } } })
      .when(by('bob').joins(), 7)
      .thenExpect({ participants: { bob: { state: 'joining' } } });
  });

  it('can be invited by a new host, and not by the old one', () => {
    removed()
      .when(by('ann').handsOverTo('cyn'), 6)
      .when(by('ann').invites('bob'), 7)
      .thenExpect({ refused: 'NOT_ALLOWED', unchanged: true });
    removed()
      .when(by('ann').handsOverTo('cyn'), 6)
      .when(by('cyn').invites('bob'), 7)
      .thenExpect({ participants: { bob: { state: 'invited', barred: false } } });
  });

  it('may rejoin after an invite of the host that found them busy', () => {
    removed()
      .when(by('ann').invites(['bob', 'dan'], new Map([['bob', 'another']])), 6)
      .thenExpect({ participants: { bob: { state: 'busy' } } })
      .when(by('bob').rejoins(), 7)
      .thenExpect({ participants: { bob: { state: 'joining' } } });
  });
});

describe('a user who is removed after leaving', () => {
  const barred = () => given(three()).when(by('bob').leaves(), 5).when(by('ann').removes('bob'), 6);

  it('keeps their state, without an event', () => {
    barred().thenExpect({
      events: [],
      effects: [...evictBob],
      participants: {
        bob: { state: 'left', barred: true, exit: { at: at(5), cause: 'left', by: 'bob' } },
      },
    });
  });

  it('is kept out like a removed user', () => {
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

  it('may come back after an invite of the host', () => {
    barred()
      .when(by('ann').invites('bob'), 7)
      .thenExpect({ participants: { bob: { state: 'invited', barred: false } } })
      .when(by('bob').declines(), 8)
      .when(by('bob').rejoins(), 9)
      .thenExpect({ participants: { bob: { state: 'joining' } } });
  });

  it('may be removed from an unanswered call', () => {
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
  it('ends the ring of the user', () => {
    given(group.connected())
      .when(by('ann').removes('cyn'), 5)
      .thenExpect({
        events: ['call:participant_left'],
        participants: { cyn: { state: 'removed', leftAt: null } },
      });
  });

  it('of a user who was never invited is refused', () => {
    given(three())
      .when(by('ann').removes('zoe'), 5)
      .thenExpect({ refused: 'INVALID_STATE', unchanged: true });
  });

  it('by a former host who left is refused', () => {
    given(three())
      .when(by('ann').leaves(), 5)
      .when(by('ann').removes('cyn'), 6)
      .thenExpect({ refused: 'FORBIDDEN', unchanged: true });
  });
});
