import { describe, expect, it } from '@jest/globals';
import { start } from '@ringline/domain';
import { direct, group, three } from './fixtures/calls.ts';
import { at, by, startOf } from './fixtures/commands.ts';
import { given, played } from './fixtures/given.ts';

describe('a toggle', () => {
  it('is published to everyone', () => {
    given(direct.connected())
      .when(by('bob').toggles({ screenSharing: true, audioEnabled: false }), 5)
      .thenExpect({
        events: ['call:participant_updated'],
        effects: [],
        participants: { bob: { screenSharing: true, audioEnabled: false, videoEnabled: true } },
      });
  });

  it('changes nothing if the state is already known', () => {
    given(direct.connected())
      .when(by('bob').toggles({ audioEnabled: true, screenSharing: false }), 5)
      .thenExpect({ unchanged: true });
  });

  it('can turn on video in an audio call', () => {
    given(played({ type: 'audio' }, [[1, by('bob').joins()]]))
      .when(by('bob').toggles({ videoEnabled: true }), 2)
      .thenExpect({
        call: { type: 'audio' },
        participants: { ann: { videoEnabled: false }, bob: { videoEnabled: true } },
      });
  });

  it('is reset by a rejoin', () => {
    given(three())
      .when(by('bob').toggles({ screenSharing: true, audioEnabled: false }), 5)
      .when(by('bob').leaves(), 6)
      .when(by('bob').rejoins(), 7)
      .thenExpect({
        participants: { bob: { screenSharing: false, audioEnabled: true, videoEnabled: true } },
      });
  });
});

describe('a mute by the host', () => {
  it.each([
    ['audio', { audioEnabled: false }],
    ['video', { videoEnabled: false }],
    ['screen', { screenSharing: false }],
  ] as const)('switches off %s, in LiveKit too', (kind, switchedOff) => {
    given(three())
      .when(by('bob').toggles({ screenSharing: true }), 4)
      .when(by('ann').mutes('bob', kind), 5)
      .thenExpect({
        events: ['call:participant_updated'],
        effects: [{ name: 'mute', userId: 'bob', kind }],
        participants: { bob: switchedOff },
      });
  });

  it('is sent to LiveKit even if the client reported the track as off', () => {
    given(three())
      .when(by('bob').toggles({ audioEnabled: false }), 4)
      .when(by('ann').mutes('bob'), 5)
      .thenExpect({ unchanged: true, effects: [{ name: 'mute', userId: 'bob', kind: 'audio' }] });
  });

  it('is refused for a user who is not in the call', () => {
    for (const userId of ['cyn', 'dan', 'eve', 'zoe']) {
      given(group.connected())
        .when(by('ann').mutes(userId), 5)
        .thenExpect({ refused: 'INVALID_STATE', unchanged: true });
    }
  });

  it("of all switches off everyone's audio except the host's", () => {
    given(three())
      .when(by('ann').mutesAll(), 5)
      .thenExpect({
        events: ['call:participant_updated', 'call:participant_updated'],
        participants: {
          ann: { audioEnabled: true },
          bob: { audioEnabled: false, videoEnabled: true },
          cyn: { audioEnabled: false },
        },
      });
  });
});

describe('the name and picture of a user', () => {
  const bob = { userId: 'bob', name: 'Bob', picture: 'https://example.com/bob.png' };

  it('come from the last token that contained them', () => {
    given(direct.ringing())
      .when({ name: 'acknowledge_ring', person: bob }, 1)
      .thenExpect({ participants: { bob: { name: 'Bob', picture: bob.picture } } })
      .when(by('bob').joins(), 2)
      .thenExpect({ participants: { bob: { name: 'Bob', picture: bob.picture } } });
  });

  it('are set for the initiator from the start', () => {
    const { call } = start(startOf({ initiator: { ...bob, userId: 'ann' } }), at(0));
    expect(call?.participants[0]).toMatchObject({ userId: 'ann', name: 'Bob' });
  });
});
