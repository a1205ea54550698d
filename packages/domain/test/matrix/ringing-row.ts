import { direct, group } from '../fixtures/calls.ts';
import { anAdminEnds, at, by, deviceOf, liveKit, timePasses } from '../fixtures/commands.ts';
import { given } from '../fixtures/given.ts';
import { active } from './active-row.ts';
import { leadsTo, NOTHING, type Row, refusedAs, when } from './case.ts';

export const ringing: Row = {
  ...active('ringing'),
  join: [
    when(
      'a callee accepts',
      group.ringing,
      by('bob').joins(),
      leadsTo('connecting', ['call:accepted', 'call:state_changed']),
    ),
    when('the initiator is already in the call', group.ringing, by('ann').joins(), NOTHING),
  ],
  decline: [
    ...active('ringing').decline,
    when(
      'the last ringing user declines',
      direct.ringing,
      by('bob').declines(),
      leadsTo('declined', ['call:declined', 'call:ended']),
    ),
  ],
  leave: [
    when(
      'one of several declines',
      group.ringing,
      by('bob').leaves(),
      leadsTo('ringing', ['call:declined']),
    ),
    when(
      'the initiator cancels',
      group.ringing,
      by('ann').leaves(),
      leadsTo('cancelled', ['call:participant_left', 'call:ended']),
    ),
  ],
  end: [
    when(
      'the initiator cancels',
      group.ringing,
      by('ann').ends(),
      leadsTo('cancelled', ['call:ended']),
    ),
    when(
      'a ringing user only declines',
      group.ringing,
      by('bob').ends(),
      leadsTo('ringing', ['call:declined']),
    ),
    when('a user who has left cannot', group.ringing, by('dan').ends(), refusedAs('FORBIDDEN')),
  ],
  mute_all: [
    ...active('ringing').mute_all,
    when('the host is alone', group.ringing, by('ann').mutesAll(), NOTHING),
  ],
  hand_over: [
    ...active('ringing').hand_over,
    when(
      'the host is alone in the call',
      group.ringing,
      by('ann').handsOverTo('bob'),
      refusedAs('INVALID_STATE'),
    ),
  ],
  force_end: [
    when('it is cancelled', group.ringing, anAdminEnds, leadsTo('cancelled', ['call:ended'])),
  ],
  media_joined: [
    when(
      'the initiator joins',
      direct.ringing,
      liveKit.joined('ann'),
      leadsTo('ringing', ['call:participant_joined']),
    ),
  ],
  media_left: [
    when(
      'the initiator has the grace period',
      () => given(direct.ringing()).when(liveKit.joined('ann'), 1).call,
      liveKit.left('ann'),
      leadsTo('ringing', ['call:participant_updated']),
    ),
  ],
  device_disconnected: [
    ...active('ringing').device_disconnected,
    when('the initiator has the grace period', direct.ringing, deviceOf('ann').disconnects(), {
      ...leadsTo('ringing', []),
      participants: { ann: { state: 'joining', disconnectedAt: at(4), deadline: at(44) } },
    }),
  ],
  device_connected: [
    ...active('ringing').device_connected,
    when(
      'the initiator is back',
      () => given(direct.ringing()).when(deviceOf('ann').disconnects(), 1).call,
      deviceOf('ann').connects(),
      {
        ...leadsTo('ringing', []),
        participants: { ann: { state: 'joining', disconnectedAt: null, deadline: null } },
      },
    ),
  ],
  expire_deadlines: [
    when(
      'the rings run out',
      direct.ringing,
      timePasses,
      leadsTo('missed', ['call:missed', 'call:ended']),
      30,
    ),
    when('no other deadline is due before', direct.ringing, timePasses, NOTHING, 29.999),
  ],
};
