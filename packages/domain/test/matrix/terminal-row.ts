import type { TerminalCallState } from '@ringline/domain';
import { over } from '../fixtures/calls.ts';
import { anAdminEnds, by, deviceOf, liveKit, timePasses } from '../fixtures/commands.ts';
import { NOTHING, type Row, refusedAs, when } from './case.ts';

/** A finished call is never changed again: who asks to leave it has their way, who wants more is refused. */
export function terminal(state: TerminalCallState): Row {
  const call = over[state];
  const isOver = refusedAs('CALL_ENDED');
  return {
    acknowledge_ring: [when('it is over', call, by('bob').acknowledges(), isOver, 100)],
    join: [
      when('it is over', call, by('bob').joins(), isOver, 100),
      when('it is over for one who rejoins', call, by('bob').rejoins(), isOver, 100),
      when('it is over for one who was removed', call, by('eve').joins(), isOver, 100),
    ],
    decline: [when('so be it', call, by('bob').declines(), NOTHING, 100)],
    leave: [
      when('so be it', call, by('ann').leaves(), NOTHING, 100),
      when('so be it for one who was removed', call, by('eve').leaves(), NOTHING, 100),
    ],
    end: [
      when('so be it', call, by('ann').ends(), NOTHING, 100),
      when('so be it for one who is not the host', call, by('bob').ends(), NOTHING, 100),
    ],
    invite: [when('it is over', call, by('ann').invites('fay'), isOver, 100)],
    token: [when('it is over', call, by('ann').asksForToken(), isOver, 100)],
    toggle: [when('it is over', call, by('ann').toggles({ videoEnabled: false }), isOver, 100)],
    mute: [when('it is over', call, by('ann').mutes('bob'), isOver, 100)],
    mute_all: [when('it is over', call, by('ann').mutesAll(), isOver, 100)],
    remove: [when('it is over', call, by('ann').removes('bob'), isOver, 100)],
    hand_over: [when('it is over', call, by('ann').handsOverTo('bob'), isOver, 100)],
    force_end: [when('so be it', call, anAdminEnds, NOTHING, 100)],
    media_joined: [
      when(
        'they are evicted',
        call,
        liveKit.joined('bob', 9),
        { unchanged: true, effects: [{ name: 'remove_participant', userId: 'bob' }] },
        100,
      ),
    ],
    media_left: [when('nothing', call, liveKit.left('ann'), NOTHING, 100)],
    device_disconnected: [when('nothing', call, deviceOf('ann').disconnects(), NOTHING, 100)],
    device_connected: [when('nothing', call, deviceOf('ann').connects(), NOTHING, 100)],
    room_lost: [when('nothing', call, liveKit.lostRoom(), NOTHING, 100)],
    expire_deadlines: [when('nothing', call, timePasses, NOTHING, 100_000)],
  };
}
