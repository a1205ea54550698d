import { describe, it } from '@jest/globals';
import { direct, group, three } from './fixtures/calls.ts';
import { at, by, liveKit, timePasses } from './fixtures/commands.ts';
import { given, played } from './fixtures/given.ts';

function session(number: number) {
  return { sid: `PA_${number}`, joinedAtMs: number };
}

describe('media_left', () => {
  it('of the current session starts the grace period, since a reload looks like a leave', () => {
    given(direct.connected())
      .when(liveKit.left('bob'), 10)
      .thenExpect({
        events: ['call:participant_updated', 'call:state_changed'],
        effects: [],
        participants: { bob: { state: 'reconnecting', deadline: at(50), leftAt: null } },
      });
  });

  it('that is repeated does not restart the grace period', () => {
    given(direct.connected())
      .when(liveKit.left('bob'), 10)
      .when(liveKit.left('bob'), 20)
      .thenExpect({ unchanged: true });
  });

  it('of an older session publishes nothing', () => {
    given(direct.connected())
      .when(liveKit.joined('bob', 2), 10)
      .when(liveKit.left('bob', 1), 11)
      .thenExpect({ events: [], participants: { bob: { state: 'joined', session: session(2) } } });
  });

  it('of a newer session than the known one is a loss, too', () => {
    given(direct.connected())
      .when(liveKit.left('bob', 3), 10)
      .thenExpect({ participants: { bob: { state: 'reconnecting' } } })
      .when(liveKit.joined('bob', 2), 11)
      .thenExpect({ unchanged: true })
      .when(liveKit.joined('bob', 4), 12)
      .thenExpect({ participants: { bob: { state: 'joined', session: session(4) } } });
  });

  it('that arrives before media_joined leaves the connect deadline running', () => {
    given(direct.connecting())
      .when(liveKit.left('bob', 1), 10)
      .thenExpect({ events: [], participants: { bob: { state: 'joining', deadline: at(51) } } })
      .when(liveKit.joined('bob', 1), 11)
      .thenExpect({ unchanged: true, participants: { bob: { state: 'joining' } } });
  });

  it('of a user who is not a participant changes nothing', () => {
    given(direct.connected())
      .when(liveKit.left('zoe'), 10)
      .thenExpect({ unchanged: true, effects: [] });
  });
});

describe('media_joined of a listed session', () => {
  const listed = (userId: string, number: number) => ({
    ...liveKit.joined(userId, number),
    listed: true,
  });

  it('counts even if the clock of LiveKit was set back', () => {
    given(direct.connected())
      .when(liveKit.left('bob', 9), 10)
      .when(liveKit.joined('bob', 5), 11)
      .thenExpect({ unchanged: true })
      .when(listed('bob', 5), 12)
      .thenExpect({ participants: { bob: { state: 'joined', session: session(5) } } })
      .when(liveKit.left('bob', 5), 20)
      .thenExpect({ participants: { bob: { state: 'reconnecting', deadline: at(60) } } });
  });

  it('replaces a later session', () => {
    given(direct.connected())
      .when(liveKit.joined('bob', 9), 10)
      .when(listed('bob', 5), 12)
      .thenExpect({
        events: [],
        participants: { bob: { state: 'joined', session: session(5) } },
      });
  });

  it('changes nothing if the session is known', () => {
    given(direct.connected())
      .when(listed('bob', 1), 12)
      .thenExpect({ unchanged: true, effects: [] });
  });

  it('does not bring back a user who has left', () => {
    given(group.connected())
      .when(by('bob').leaves(), 10)
      .when(listed('bob', 9), 11)
      .thenExpect({ unchanged: true, effects: [{ name: 'remove_participant', userId: 'bob' }] });
  });
});

describe('media_joined', () => {
  it('of a session that is over does not bring the user back', () => {
    given(direct.connected())
      .when(liveKit.left('bob', 1), 10)
      .when(liveKit.joined('bob', 1), 11)
      .thenExpect({ unchanged: true, participants: { bob: { state: 'reconnecting' } } });
  });

  it('of a session before a rejoin does not join the user', () => {
    given(three())
      .when(by('bob').leaves(), 10)
      .when(by('bob').rejoins(), 11)
      .when(liveKit.joined('bob', 1), 12)
      .thenExpect({ unchanged: true, participants: { bob: { state: 'joining' } } })
      .when(liveKit.joined('bob', 2), 13)
      .thenExpect({ participants: { bob: { state: 'joined', session: session(2) } } });
  });

  it('that is repeated changes nothing', () => {
    given(direct.connected()).when(liveKit.joined('bob', 1), 10).thenExpect({ unchanged: true });
  });

  it('of an older session than the current one changes nothing', () => {
    given(direct.connected())
      .when(liveKit.joined('bob', 5), 10)
      .when(liveKit.joined('bob', 3), 11)
      .thenExpect({ unchanged: true, participants: { bob: { session: session(5) } } });
  });

  it('ends the grace period', () => {
    given(direct.reconnecting())
      .when(liveKit.joined('bob', 2), 20)
      .thenExpect({ participants: { bob: { state: 'joined', deadline: null } } })
      .when(timePasses, 100)
      .thenExpect({ unchanged: true });
  });

  it('of a ringing user removes them from the room', () => {
    given(direct.ringing())
      .when(liveKit.joined('bob'), 5)
      .thenExpect({ unchanged: true, effects: [{ name: 'remove_participant', userId: 'bob' }] });
  });

  it('of a user who is not a participant removes them from the room', () => {
    given(direct.connected())
      .when(liveKit.joined('zoe'), 5)
      .thenExpect({ unchanged: true, effects: [{ name: 'remove_participant', userId: 'zoe' }] });
  });
});

describe('a user who moves between sessions', () => {
  const moving = () => given(direct.connected()).when(liveKit.replaced('bob', 1), 10);

  it('stays joined while the grace period runs without an event', () => {
    moving().thenExpect({
      events: [],
      call: { state: 'connected' },
      participants: { bob: { state: 'joined', deadline: at(50) } },
    });
  });

  it('has no deadline once the new session joins', () => {
    moving()
      .when(liveKit.joined('bob', 2), 11)
      .thenExpect({
        events: [],
        participants: { bob: { state: 'joined', deadline: null, session: session(2) } },
      });
  });

  it('has no deadline if the new session was reported first', () => {
    given(direct.connected())
      .when(liveKit.joined('bob', 2), 10)
      .when(liveKit.replaced('bob', 1), 11)
      .thenExpect({ events: [], participants: { bob: { state: 'joined', deadline: null } } });
  });

  it('is lost if the new session never joins', () => {
    moving()
      .when(timePasses, 50)
      .thenExpect({
        events: ['call:participant_left', 'call:ended'],
        call: { state: 'ended', endReason: 'connection_lost', endedBy: null },
      });
  });
});

describe('a user who left or was lost', () => {
  it('is out at once after leaving, before LiveKit reports it', () => {
    given(group.connected())
      .when(by('bob').leaves(), 10)
      .thenExpect({
        participants: { bob: { state: 'left', leftAt: at(10), session: null } },
        effects: [{ name: 'remove_participant', userId: 'bob' }],
      })
      .when(liveKit.left('bob', 1), 10.1)
      .thenExpect({ unchanged: true, effects: [] });
  });

  it('is removed from the room when the grace period runs out', () => {
    given(three())
      .when(liveKit.left('bob'), 10)
      .when(timePasses, 50)
      .thenExpect({
        events: ['call:participant_left'],
        effects: [{ name: 'remove_participant', userId: 'bob' }],
      });
  });
});

it('room_lost creates the room again if the call is not over', () => {
  for (const call of [direct.ringing(), direct.connected(), played({ mode: 'group' })]) {
    given(call)
      .when(liveKit.lostRoom(), 5)
      .thenExpect({ unchanged: true, effects: [{ name: 'create_room' }] });
  }
});
