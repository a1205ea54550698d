import { describe, it } from '@jest/globals';
import { direct, group, three } from './fixtures/calls.ts';
import { at, by, liveKit, timePasses } from './fixtures/commands.ts';
import { given, played } from './fixtures/given.ts';

function session(number: number) {
  return { sid: `PA_${number}`, joinedAtMs: number };
}

describe("LiveKit's left", () => {
  it('of the current session starts the grace period, since a reload looks like a leave', () => {
    given(direct.connected())
      .when(liveKit.left('bob'), 10)
      .thenExpect({
        events: ['call:participant_updated', 'call:state_changed'],
        effects: [],
        participants: { bob: { state: 'reconnecting', deadline: at(50), leftAt: null } },
      });
  });

  it('that comes twice does not start it twice', () => {
    given(direct.connected())
      .when(liveKit.left('bob'), 10)
      .when(liveKit.left('bob'), 20)
      .thenExpect({ unchanged: true });
  });

  it('of an older session changes nothing that anyone hears', () => {
    given(direct.connected())
      .when(liveKit.joined('bob', 2), 10)
      .when(liveKit.left('bob', 1), 11)
      .thenExpect({ events: [], participants: { bob: { state: 'joined', session: session(2) } } });
  });

  it('of a newer session than is known is a loss too', () => {
    given(direct.connected())
      .when(liveKit.left('bob', 3), 10)
      .thenExpect({ participants: { bob: { state: 'reconnecting' } } })
      .when(liveKit.joined('bob', 2), 11)
      .thenExpect({ unchanged: true })
      .when(liveKit.joined('bob', 4), 12)
      .thenExpect({ participants: { bob: { state: 'joined', session: session(4) } } });
  });

  it('that comes before its joined leaves the connect deadline to decide', () => {
    given(direct.connecting())
      .when(liveKit.left('bob', 1), 10)
      .thenExpect({ events: [], participants: { bob: { state: 'joining', deadline: at(51) } } })
      .when(liveKit.joined('bob', 1), 11)
      .thenExpect({ unchanged: true, participants: { bob: { state: 'joining' } } });
  });

  it('of one who is no participant is nothing', () => {
    given(direct.connected())
      .when(liveKit.left('zoe'), 10)
      .thenExpect({ unchanged: true, effects: [] });
  });
});

describe("LiveKit's joined, for a session that it lists", () => {
  const listed = (userId: string, number: number) => ({
    ...liveKit.joined(userId, number),
    listed: true,
  });

  it('counts though its clock was put back after the session before', () => {
    given(direct.connected())
      .when(liveKit.left('bob', 9), 10)
      .when(liveKit.joined('bob', 5), 11)
      .thenExpect({ unchanged: true })
      .when(listed('bob', 5), 12)
      .thenExpect({ participants: { bob: { state: 'joined', session: session(5) } } })
      .when(liveKit.left('bob', 5), 20)
      .thenExpect({ participants: { bob: { state: 'reconnecting', deadline: at(60) } } });
  });

  it('takes the place of a later one', () => {
    given(direct.connected())
      .when(liveKit.joined('bob', 9), 10)
      .when(listed('bob', 5), 12)
      .thenExpect({
        events: [],
        participants: { bob: { state: 'joined', session: session(5) } },
      });
  });

  it('changes nothing where it is the known one', () => {
    given(direct.connected())
      .when(listed('bob', 1), 12)
      .thenExpect({ unchanged: true, effects: [] });
  });

  it('brings nobody back who has left the call', () => {
    given(group.connected())
      .when(by('bob').leaves(), 10)
      .when(listed('bob', 9), 11)
      .thenExpect({ unchanged: true, effects: [{ name: 'remove_participant', userId: 'bob' }] });
  });
});

describe("LiveKit's joined", () => {
  it('of a session that is known to be over brings nobody back', () => {
    given(direct.connected())
      .when(liveKit.left('bob', 1), 10)
      .when(liveKit.joined('bob', 1), 11)
      .thenExpect({ unchanged: true, participants: { bob: { state: 'reconnecting' } } });
  });

  it('of a session that was over before one left brings nobody back after a rejoin', () => {
    given(three())
      .when(by('bob').leaves(), 10)
      .when(by('bob').rejoins(), 11)
      .when(liveKit.joined('bob', 1), 12)
      .thenExpect({ unchanged: true, participants: { bob: { state: 'joining' } } })
      .when(liveKit.joined('bob', 2), 13)
      .thenExpect({ participants: { bob: { state: 'joined', session: session(2) } } });
  });

  it('that comes twice is nothing the second time', () => {
    given(direct.connected()).when(liveKit.joined('bob', 1), 10).thenExpect({ unchanged: true });
  });

  it('of an older session than the current one is nothing', () => {
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

  it('of one who is rung evicts them: no media before the accept', () => {
    given(direct.ringing())
      .when(liveKit.joined('bob'), 5)
      .thenExpect({ unchanged: true, effects: [{ name: 'remove_participant', userId: 'bob' }] });
  });

  it('of one who is no participant evicts them', () => {
    given(direct.connected())
      .when(liveKit.joined('zoe'), 5)
      .thenExpect({ unchanged: true, effects: [{ name: 'remove_participant', userId: 'zoe' }] });
  });
});

describe('one who moves between sessions', () => {
  const moving = () => given(direct.connected()).when(liveKit.replaced('bob', 1), 10);

  it('stays joined, while the grace period runs in silence', () => {
    moving().thenExpect({
      events: [],
      call: { state: 'connected' },
      participants: { bob: { state: 'joined', deadline: at(50) } },
    });
  });

  it('is as before once the new session joins', () => {
    moving()
      .when(liveKit.joined('bob', 2), 11)
      .thenExpect({
        events: [],
        participants: { bob: { state: 'joined', deadline: null, session: session(2) } },
      });
  });

  it('is as before where the new session was reported first', () => {
    given(direct.connected())
      .when(liveKit.joined('bob', 2), 10)
      .when(liveKit.replaced('bob', 1), 11)
      .thenExpect({ events: [], participants: { bob: { state: 'joined', deadline: null } } });
  });

  it('is lost if the new session never comes', () => {
    moving()
      .when(timePasses, 50)
      .thenExpect({
        events: ['call:participant_left', 'call:ended'],
        call: { state: 'ended', endReason: 'connection_lost', endedBy: null },
      });
  });
});

describe('only leave, end and decline are intent', () => {
  it('and they act at once, whatever LiveKit has yet to say', () => {
    given(group.connected())
      .when(by('bob').leaves(), 10)
      .thenExpect({
        participants: { bob: { state: 'left', leftAt: at(10), session: null } },
        effects: [{ name: 'remove_participant', userId: 'bob' }],
      })
      .when(liveKit.left('bob', 1), 10.1)
      .thenExpect({ unchanged: true, effects: [] });
  });

  it('and one whose grace ran out is taken out of the room', () => {
    given(three())
      .when(liveKit.left('bob'), 10)
      .when(timePasses, 50)
      .thenExpect({
        events: ['call:participant_left'],
        effects: [{ name: 'remove_participant', userId: 'bob' }],
      });
  });
});

it('a room that LiveKit lost is made again while its call lives, before an answer too', () => {
  for (const call of [direct.ringing(), direct.connected(), played({ mode: 'group' })]) {
    given(call)
      .when(liveKit.lostRoom(), 5)
      .thenExpect({ unchanged: true, effects: [{ name: 'create_room' }] });
  }
});
