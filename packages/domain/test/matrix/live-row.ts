import { direct, group } from '../fixtures/calls.ts';
import { by, deviceOf, liveKit } from '../fixtures/commands.ts';
import { leadsTo, NOTHING, type Row, refusedAs, when } from './case.ts';

/** What every live state has in common. */
export function live(state: keyof typeof group) {
  const [inDirect, inGroup] = [direct[state], group[state]];
  return {
    acknowledge_ring: [
      when('one who is rung does', inGroup, by('cyn').acknowledges(), {
        ...leadsTo(state, ['call:ringing']),
        participants: { cyn: { state: 'ringing' } },
      }),
    ],
    decline: [
      when('one of several does', inGroup, by('cyn').declines(), leadsTo(state, ['call:declined'])),
    ],
    token: [
      when('one who is In gets one', inGroup, by('ann').asksForToken(), NOTHING),
      when('one rung gets none', inGroup, by('cyn').asksForToken(), refusedAs('NOT_ACCEPTED')),
    ],
    toggle: [
      when(
        'one who is In does',
        inGroup,
        by('ann').toggles({ videoEnabled: false }),
        leadsTo(state, ['call:participant_updated']),
      ),
      when(
        'one rung does not',
        inGroup,
        by('cyn').toggles({ videoEnabled: false }),
        refusedAs('NOT_ACCEPTED'),
      ),
    ],
    mute: [
      when('the host does', inGroup, by('ann').mutes('ann'), {
        ...leadsTo(state, ['call:participant_updated']),
        effects: [{ name: 'mute', userId: 'ann', kind: 'audio' }],
      }),
      when('another does not', inGroup, by('bob').mutes('ann'), refusedAs('FORBIDDEN')),
      when(
        'nobody does in a direct call',
        inDirect,
        by('ann').mutes('bob'),
        refusedAs('INVALID_STATE'),
      ),
    ],
    mute_all: [
      when('another does not', inGroup, by('bob').mutesAll(), refusedAs('FORBIDDEN')),
      when(
        'nobody does in a direct call',
        inDirect,
        by('ann').mutesAll(),
        refusedAs('INVALID_STATE'),
      ),
    ],
    remove: [
      when(
        'the host does',
        inGroup,
        by('ann').removes('cyn'),
        leadsTo(state, ['call:participant_left']),
      ),
      when('another does not', inGroup, by('bob').removes('cyn'), refusedAs('FORBIDDEN')),
      when(
        'nobody does in a direct call',
        inDirect,
        by('ann').removes('bob'),
        refusedAs('INVALID_STATE'),
      ),
    ],
    hand_over: [
      when('another does not', inGroup, by('bob').handsOverTo('ann'), refusedAs('FORBIDDEN')),
      when(
        'nobody does in a direct call',
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
      when('one rung does not', inGroup, by('cyn').invites('fay'), refusedAs('NOT_ACCEPTED')),
    ],
    device_disconnected: [
      when('one who is rung has nothing to lose', inGroup, deviceOf('cyn').disconnects(), NOTHING),
    ],
    device_connected: [
      when('one who was never away', inGroup, deviceOf('ann').connects(), NOTHING),
    ],
    room_lost: [
      when('it is made again', inGroup, liveKit.lostRoom(), {
        unchanged: true,
        effects: [{ name: 'create_room' }],
      }),
    ],
  } satisfies Partial<Row>;
}
