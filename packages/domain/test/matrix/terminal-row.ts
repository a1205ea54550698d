import type { TerminalCallState } from '@ringline/domain';
import { over } from '../fixtures/calls.ts';
import { anAdminEnds, by, deviceOf, liveKit, timePasses } from '../fixtures/commands.ts';
import { NOTHING, type Row, refusedAs, when } from './case.ts';

/** A call that is over never changes. Leaving it succeeds; other requests are refused. */
export function terminal(state: TerminalCallState): Row {
  const call = over[state];
  const isOver = refusedAs('CALL_ENDED');
  return {
    acknowledge_ring: [when('it is refused', call, by('bob').acknowledges(), isOver, 100)],
    join: [
      when('it is refused', call, by('bob').joins(), isOver, 100),
      when('a rejoin is refused', call, by('bob').rejoins(), isOver, 100),
      when('a removed user is refused', call, by('eve').joins(), isOver, 100),
    ],
    decline: [when('it succeeds without a change', call, by('bob').declines(), NOTHING, 100)],
    leave: [
      when('it succeeds without a change', call, by('ann').leaves(), NOTHING, 100),
      when('a removed user leaves without a change', call, by('eve').leaves(), NOTHING, 100),
    ],
    end: [
      when('it succeeds without a change', call, by('ann').ends(), NOTHING, 100),
      when('another user ends without a change', call, by('bob').ends(), NOTHING, 100),
    ],
    invite: [when('it is refused', call, by('ann').invites('fay'), isOver, 100)],
    token: [when('it is refused', call, by('ann').asksForToken(), isOver, 100)],
    toggle: [when('it is refused', call, by('ann').toggles({ videoEnabled: false }), isOver, 100)],
    mute: [when('it is refused', call, by('ann').mutes('bob'), isOver, 100)],
    mute_all: [when('it is refused', call, by('ann').mutesAll(), isOver, 100)],
    remove: [when('it is refused', call, by('ann').removes('bob'), isOver, 100)],
    hand_over: [when('it is refused', call, by('ann').handsOverTo('bob'), isOver, 100)],
    force_end: [when('it succeeds without a change', call, anAdminEnds, NOTHING, 100)],
    media_joined: [
      when(
        'the user is removed from the room',
        call,
        liveKit.joined('bob', 9),
        { unchanged: true, effects: [{ name: 'remove_participant', userId: 'bob' }] },
        100,
      ),
    ],
    media_left: [when('it changes nothing', call, liveKit.left('ann'), NOTHING, 100)],
    device_disconnected: [
      when('it changes nothing', call, deviceOf('ann').disconnects(), NOTHING, 100),
    ],
    device_connected: [when('it changes nothing', call, deviceOf('ann').connects(), NOTHING, 100)],
    room_lost: [when('it changes nothing', call, liveKit.lostRoom(), NOTHING, 100)],
    expire_deadlines: [when('it changes nothing', call, timePasses, NOTHING, 100_000)],
  };
}
