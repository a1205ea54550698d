import { direct, group } from '../fixtures/calls.ts';
import { by, deviceOf, liveKit } from '../fixtures/commands.ts';
import { leadsTo, NOTHING, type Row, refusedAs, when } from './case.ts';

/** The cases that all active states have in common. */
export function active(state: keyof typeof group) {
  const [inDirect, inGroup] = [direct[state], group[state]];
  return {
    acknowledge_ring: [
      when('a ringing user does', inGroup, by('cyn').acknowledges(), {
        ...leadsTo(state, ['call:ringing']),
        participants: { cyn: { state: 'ringing' } },
      }),
    ],
    decline: [
      when('one of several does', inGroup, by('cyn').declines(), leadsTo(state, ['call:declined'])),
    ],
    token: [
      when('a user in the call gets one', inGroup, by('ann').asksForToken(), NOTHING),
      when(
        'a ringing user gets none',
        inGroup,
        by('cyn').asksForToken(),
        refusedAs('NOT_ACCEPTED'),
      ),
    ],
    toggle: [
      when(
        'a user in the call does',
        inGroup,
        by('ann').toggles({ videoEnabled: false }),
        leadsTo(state, ['call:participant_updated']),
      ),
      when(
        'a ringing user cannot',
        inGroup,
        by('cyn').toggles({ videoEnabled: false }),
        refusedAs('NOT_ACCEPTED'),
      ),
    ],
    mute: [
      when('the host can', inGroup, by('ann').mutes('ann'), {
        ...leadsTo(state, ['call:participant_updated']),
        effects: [{ name: 'mute', userId: 'ann', kind: 'audio' }],
      }),
      when(
        'another user of a group cannot',
        inGroup,
        by('bob').mutes('ann'),
        refusedAs('FORBIDDEN'),
      ),
      when(
        'a user of a direct call cannot',
        inDirect,
        by('ann').mutes('bob'),
        refusedAs('INVALID_STATE'),
      ),
    ],
    mute_all: [
      when('another user of a group cannot', inGroup, by('bob').mutesAll(), refusedAs('FORBIDDEN')),
      when(
        'a user of a direct call cannot',
        inDirect,
        by('ann').mutesAll(),
        refusedAs('INVALID_STATE'),
      ),
    ],
    remove: [
      when(
        'the host can',
        inGroup,
        by('ann').removes('cyn'),
        leadsTo(state, ['call:participant_left']),
      ),
      when(
        'another user of a group cannot',
        inGroup,
        by('bob').removes('cyn'),
        refusedAs('FORBIDDEN'),
      ),
      when(
        'a user of a direct call cannot',
        inDirect,
        by('ann').removes('bob'),
        refusedAs('INVALID_STATE'),
      ),
    ],
    hand_over: [
      when(
        'another user of a group cannot',
        inGroup,
        by('bob').handsOverTo('ann'),
        refusedAs('FORBIDDEN'),
      ),
      when(
        'a user of a direct call cannot',
        inDirect,
        by('ann').handsOverTo('bob'),
        refusedAs('INVALID_STATE'),
      ),
    ],
    invite: [
      when(
        'the initiator does',
        inGroup,
        by('ann').invites('fay'),
        leadsTo(state, ['call:invited']),
      ),
      when('a ringing user cannot', inGroup, by('cyn').invites('fay'), refusedAs('NOT_ACCEPTED')),
    ],
    device_disconnected: [
      when('a ringing user is not affected', inGroup, deviceOf('cyn').disconnects(), NOTHING),
    ],
    device_connected: [
      when('the device was never disconnected', inGroup, deviceOf('ann').connects(), NOTHING),
    ],
    room_lost: [
      when('the room is created again', inGroup, liveKit.lostRoom(), {
        unchanged: true,
        effects: [{ name: 'create_room' }],
      }),
    ],
  } satisfies Partial<Row>;
}
