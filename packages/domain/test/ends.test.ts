import { describe, expect, it } from '@jest/globals';
import { type Call, type EndReason, start, type TerminalCallState } from '@ringline/domain';
import { direct, group, three } from './fixtures/calls.ts';
import { anAdminEnds, at, by, liveKit, startOf, TIMINGS, timePasses } from './fixtures/commands.ts';
import { given, played } from './fixtures/given.ts';

/** A row of "How a call ends" in docs/call-rules.md. */
type End = [
  sentence: string,
  call: Call,
  state: TerminalCallState,
  reason: EndReason,
  by: string | null,
];

function refusedStart(changes: Parameters<typeof startOf>[0]): Call {
  const { call } = start(startOf(changes), at(0));
  if (call === null) throw new Error('nothing was recorded');
  return call;
}

const atStart: End[] = [
  [
    'LiveKit refuses the room',
    refusedStart({ mediaRefused: true }),
    'failed',
    'media_failure',
    null,
  ],
  [
    'all invitees are busy',
    refusedStart({ busyUsers: new Map([['bob', 'another']]) }),
    'busy',
    'busy',
    null,
  ],
];

const ringing = given(group.ringing());
const unanswered: End[] = [
  [
    'the initiator leaves',
    ringing.when(by('ann').leaves(), 5).call,
    'cancelled',
    'cancelled',
    'ann',
  ],
  [
    'the initiator ends it',
    ringing.when(by('ann').ends(), 5).call,
    'cancelled',
    'cancelled',
    'ann',
  ],
  [
    "the initiator's grace period runs out",
    played({ timings: { ...TIMINGS, graceSeconds: 10 } }, [
      [1, liveKit.joined('ann')],
      [2, liveKit.left('ann')],
      [12, timePasses],
    ]),
    'cancelled',
    'connection_lost',
    null,
  ],
  ['no one answers', ringing.when(timePasses, 30).call, 'missed', 'no_answer', null],
  ['the callee declines', played({}, [[5, by('bob').declines()]]), 'declined', 'declined', 'bob'],
  [
    'the callee is busy',
    played({}, [[5, by('bob').declines({ reason: 'busy' })]]),
    'busy',
    'busy',
    'bob',
  ],
  [
    'the last ringing user is removed',
    played({ mode: 'group' }, [[5, by('ann').removes('bob')]]),
    'cancelled',
    'cancelled',
    'ann',
  ],
  ['an operator ends it', ringing.when(anAdminEnds, 5).call, 'cancelled', 'admin_ended', null],
];

const alone = given(three()).when(by('bob').leaves(), 5).when(by('cyn').leaves(), 5);
const answered: End[] = [
  [
    'either user of a direct call ends it',
    given(direct.connected()).when(by('bob').ends(), 5).call,
    'ended',
    'hangup',
    'bob',
  ],
  [
    'it is ended before it connects',
    given(direct.connecting()).when(by('ann').ends(), 5).call,
    'ended',
    'hangup',
    'ann',
  ],
  [
    'the host of a group ends it',
    given(three()).when(by('ann').ends(), 5).call,
    'ended',
    'host_ended',
    'ann',
  ],
  ['an operator ends it', given(three()).when(anAdminEnds, 5).call, 'ended', 'admin_ended', null],
  [
    'one user stays alone too long',
    alone.when(timePasses, 105).call,
    'ended',
    'solo_timeout',
    null,
  ],
  [
    'it reaches the maximum duration',
    given(direct.connected()).when(timePasses, 3602).call,
    'ended',
    'max_duration',
    null,
  ],
  [
    'the maximum duration and the solo deadline are due at once',
    given(three({ timings: { ...TIMINGS, maxSeconds: 103 } }))
      .when(by('bob').leaves(), 5)
      .when(by('cyn').leaves(), 5)
      .when(timePasses, 105).call,
    'ended',
    'max_duration',
    null,
  ],
];

const overByExit: End[] = [
  [
    'one user leaves',
    given(direct.connected()).when(by('ann').leaves(), 5).call,
    'ended',
    'hangup',
    'ann',
  ],
  [
    'one user leaves before it connects',
    given(direct.connecting()).when(by('bob').leaves(), 5).call,
    'ended',
    'hangup',
    'bob',
  ],
  [
    'the host removes the only other user',
    given(group.connected()).when(by('cyn').declines(), 5).when(by('ann').removes('bob'), 6).call,
    'ended',
    'hangup',
    'ann',
  ],
  [
    'neither user connects',
    given(direct.connecting()).when(timePasses, 51).call,
    'failed',
    'connect_timeout',
    null,
  ],
  [
    'one user never connects',
    given(direct.connecting()).when(liveKit.joined('ann'), 2).when(timePasses, 51).call,
    'failed',
    'connect_timeout',
    null,
  ],
  [
    'the last user in a call that was connected does not connect',
    given(group.connected())
      .when(by('cyn').joins(), 5)
      .when(by('ann').leaves(), 6)
      .when(by('bob').leaves(), 6)
      .when(timePasses, 55).call,
    'ended',
    'connection_lost',
    null,
  ],
  [
    'one user is lost before it connects',
    given(direct.connecting())
      .when(liveKit.joined('bob'), 2)
      .when(liveKit.left('bob'), 3)
      .when(timePasses, 43).call,
    'failed',
    'connection_lost',
    null,
  ],
  [
    'one user is lost',
    given(direct.reconnecting()).when(timePasses, 43).call,
    'ended',
    'connection_lost',
    null,
  ],
  [
    'the last ring runs out while one user is alone',
    given(group.connected()).when(by('bob').leaves(), 5).when(timePasses, 30).call,
    'ended',
    'hangup',
    'bob',
  ],
  [
    'a user who was lost and came back leaves',
    given(direct.reconnecting()).when(liveKit.joined('bob', 2), 5).when(by('bob').leaves(), 6).call,
    'ended',
    'hangup',
    'bob',
  ],
];

describe.each([
  ['a start', atStart],
  ['an unanswered call', unanswered],
  ['an answered call', answered],
  ['an answered call with no one left to talk to', overByExit],
])('%s', (_, ends) => {
  it.each(ends)('ends when %s', (_sentence, call, state, endReason, endedBy) => {
    expect(call).toMatchObject({ state, endReason, endedBy });
  });
});
