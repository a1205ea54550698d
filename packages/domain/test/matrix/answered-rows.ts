import type { Call } from '@ringline/domain';
import { direct, group, three } from '../fixtures/calls.ts';
import { anAdminEnds, by, deviceOf, liveKit, TIMINGS, timePasses } from '../fixtures/commands.ts';
import { given, played } from '../fixtures/given.ts';
import { active } from './active-row.ts';
import { leadsTo, NOTHING, type Row, refusedAs, when } from './case.ts';

type Answered = 'connecting' | 'connected' | 'reconnecting';

/** The state after Bob has left, who is the one still `joining` or `reconnecting`. */
const withoutBob = {
  connecting: leadsTo('connecting', ['call:participant_left']),
  connected: leadsTo('connected', ['call:participant_left']),
  reconnecting: leadsTo('connected', ['call:participant_left', 'call:state_changed']),
};

/** The commands of users and operators on an answered call. */
function answered(state: Answered) {
  const [inDirect, inGroup] = [direct[state], group[state]];
  const common = active(state);
  const ended = leadsTo('ended', ['call:ended']);
  return {
    ...common,
    join: [
      when('a ringing user accepts', inGroup, by('cyn').joins(), leadsTo(state, ['call:accepted'])),
      when('a user in the call repeats the join', inGroup, by('bob').joins(), NOTHING),
    ],
    leave: [
      when('others remain', inGroup, by('bob').leaves(), withoutBob[state]),
      when(
        'only one user remains',
        inDirect,
        by('bob').leaves(),
        leadsTo('ended', ['call:participant_left', 'call:ended']),
      ),
    ],
    end: [
      when('either user of a direct call ends it', inDirect, by('bob').ends(), ended),
      when('the host of a group ends it', inGroup, by('ann').ends(), ended),
      when(
        'a ringing user declines by it',
        inGroup,
        by('cyn').ends(),
        leadsTo(state, ['call:declined']),
      ),
      when('another user of a group cannot', inGroup, by('bob').ends(), refusedAs('FORBIDDEN')),
      when('a user who has left cannot', inGroup, by('dan').ends(), refusedAs('FORBIDDEN')),
    ],
    invite: [
      ...common.invite,
      when(
        'any user in the call can',
        inGroup,
        by('bob').invites('fay'),
        leadsTo(state, ['call:invited']),
      ),
    ],
    mute_all: [
      ...common.mute_all,
      when('the host mutes the others', inGroup, by('ann').mutesAll(), {
        ...leadsTo(state, ['call:participant_updated']),
        effects: [{ name: 'mute', userId: 'bob', kind: 'audio' }],
      }),
    ],
    hand_over: [
      ...common.hand_over,
      when('the host hands over', inGroup, by('ann').handsOverTo('bob'), {
        events: ['call:updated'],
        call: { state, hostId: 'bob' },
      }),
    ],
    force_end: [when('it ends', inGroup, anAdminEnds, ended)],
    device_disconnected: [
      ...common.device_disconnected,
      when('only media sessions count now', inGroup, deviceOf('ann').disconnects(), NOTHING),
    ],
  } satisfies Partial<Row>;
}

/** Ann is alone after three users were in the call, so the solo deadline runs. */
function alone(call: Call): Call {
  return given(call).when(by('bob').leaves(), 3).when(by('cyn').leaves(), 3).call;
}

export const connecting: Row = {
  ...answered('connecting'),
  media_joined: [
    when(
      'the first user joins',
      direct.connecting,
      liveKit.joined('bob'),
      leadsTo('connecting', ['call:participant_joined']),
    ),
    when(
      'the second user joins',
      () => given(direct.connecting()).when(liveKit.joined('ann'), 3).call,
      liveKit.joined('bob'),
      leadsTo('connected', ['call:participant_joined', 'call:state_changed', 'call:updated']),
    ),
  ],
  media_left: [
    when(
      'the only joined user is lost',
      () => given(direct.connecting()).when(liveKit.joined('ann'), 3).call,
      liveKit.left('ann'),
      leadsTo('connecting', ['call:participant_updated']),
    ),
  ],
  expire_deadlines: [
    when(
      'a ring runs out',
      group.connecting,
      timePasses,
      leadsTo('connecting', ['call:missed']),
      30,
    ),
    when(
      'no one connects',
      direct.connecting,
      timePasses,
      leadsTo('failed', ['call:participant_left', 'call:participant_left', 'call:ended']),
      51,
    ),
    when(
      'one user stays alone',
      () =>
        alone(
          played({ participantIds: ['bob', 'cyn'] }, [
            [1, by('bob').joins()],
            [1, by('cyn').joins()],
            [2, liveKit.joined('ann')],
          ]),
        ),
      timePasses,
      leadsTo('ended', ['call:ending_soon', 'call:ended']),
      103,
    ),
  ],
};

export const connected: Row = {
  ...answered('connected'),
  media_joined: [
    when('a newer session replaces the current one', direct.connected, liveKit.joined('bob', 2), {
      ...leadsTo('connected', []),
      participants: { bob: { session: { sid: 'PA_2', joinedAtMs: 2 } } },
    }),
  ],
  media_left: [
    when(
      'one of two is lost',
      direct.connected,
      liveKit.left('bob'),
      leadsTo('reconnecting', ['call:participant_updated', 'call:state_changed']),
    ),
    when(
      'one of three is lost',
      three,
      liveKit.left('bob'),
      leadsTo('connected', ['call:participant_updated']),
    ),
  ],
  expire_deadlines: [
    when('a ring runs out', group.connected, timePasses, leadsTo('connected', ['call:missed']), 30),
    when(
      'a user who accepted does not connect',
      () => given(group.connected()).when(by('cyn').joins(), 3).call,
      timePasses,
      leadsTo('connected', ['call:participant_left']),
      53,
    ),
    when(
      'one user stays alone',
      () => alone(three()),
      timePasses,
      leadsTo('ended', ['call:ending_soon', 'call:ended']),
      103,
    ),
    when(
      'the maximum duration is over',
      direct.connected,
      timePasses,
      leadsTo('ended', ['call:ending_soon', 'call:ended']),
      3602,
    ),
  ],
};

export const reconnecting: Row = {
  ...answered('reconnecting'),
  media_joined: [
    when(
      'the lost user is back',
      direct.reconnecting,
      liveKit.joined('bob', 2),
      leadsTo('connected', ['call:participant_updated', 'call:state_changed']),
    ),
  ],
  media_left: [
    when(
      'the other user is lost too',
      direct.reconnecting,
      liveKit.left('ann'),
      leadsTo('reconnecting', ['call:participant_updated']),
    ),
  ],
  expire_deadlines: [
    when(
      'a ring runs out',
      group.reconnecting,
      timePasses,
      leadsTo('reconnecting', ['call:missed']),
      30,
    ),
    when(
      'the grace period of the lost user runs out',
      direct.reconnecting,
      timePasses,
      leadsTo('ended', ['call:participant_left', 'call:ended']),
      43,
    ),
    when(
      'one user stays alone',
      () => {
        const call = three({ timings: { ...TIMINGS, soloSeconds: 10 } });
        return alone(given(call).when(liveKit.left('ann'), 3).call);
      },
      timePasses,
      leadsTo('ended', ['call:ending_soon', 'call:ended']),
      13,
    ),
    when(
      'the maximum duration is over',
      () => {
        const call = three({ timings: { ...TIMINGS, maxSeconds: 10 } });
        return given(call).when(liveKit.left('ann'), 3).when(liveKit.left('bob'), 3).call;
      },
      timePasses,
      leadsTo('ended', ['call:ending_soon', 'call:ended']),
      12,
    ),
  ],
};
