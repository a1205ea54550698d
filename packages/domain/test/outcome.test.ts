import { describe, expect, it } from '@jest/globals';
import { type Call, getOutcome, type Outcome, start } from '@ringline/domain';
import { direct, group, over, three } from './fixtures/calls.ts';
import { anAdminEnds, at, by, liveKit, startOf, TIMINGS, timePasses } from './fixtures/commands.ts';
import { given, played } from './fixtures/given.ts';

function refusedByLiveKit(): Call {
  const { call } = start(startOf({ mediaRefused: true }), at(0));
  if (call === null) throw new Error('nothing was recorded');
  return call;
}

/** Three callees of whom Bob answered and was in it before it connected; Cyn and Dan are rung. */
function connectingThree() {
  return given(played({ participantIds: ['bob', 'cyn', 'dan'] })).when(by('bob').joins(), 1);
}

/** Bob answered, left before it connected, and was rung again. */
function rungAgain() {
  return connectingThree().when(by('bob').leaves(), 3).when(by('ann').invites('bob'), 4);
}

type Row = [sentence: string, call: Call, userId: string, outcome: Outcome];

const rows: Row[] = [
  ['one who is rung', direct.ringing(), 'bob', 'ongoing'],
  ['one who calls', direct.ringing(), 'ann', 'ongoing'],
  ['one who is in it', direct.connected(), 'bob', 'ongoing'],
  ['one who is reconnecting', direct.reconnecting(), 'bob', 'ongoing'],

  ['one who talked', over.ended(), 'bob', 'completed'],
  [
    'one who talked and left a call that goes on',
    given(three()).when(by('bob').leaves(), 9).call,
    'bob',
    'completed',
  ],
  [
    'one who talked and was lost',
    given(direct.reconnecting()).when(timePasses, 99).call,
    'bob',
    'completed',
  ],
  [
    'one who talked and was removed',
    given(three()).when(by('ann').removes('bob'), 9).call,
    'bob',
    'completed',
  ],
  [
    'one who talked, left, was rung again and declined',
    given(three())
      .when(by('bob').leaves(), 9)
      .when(by('ann').invites('bob'), 10)
      .when(by('bob').declines(), 11).call,
    'bob',
    'completed',
  ],

  [
    'a callee whose ring an operator called off',
    given(direct.ringing()).when(anAdminEnds, 5).call,
    'bob',
    'cancelled',
  ],
  [
    'a callee whose ring an operator called off in a running group',
    connectingThree().when(anAdminEnds, 5).call,
    'cyn',
    'cancelled',
  ],

  ['one who declined', over.declined(), 'bob', 'declined'],
  ['one who declined a call that others answered', group.connected(), 'dan', 'declined'],
  ['one who missed it', over.missed(), 'bob', 'missed'],
  ['one who was busy', over.busy(), 'bob', 'busy'],

  ['a callee of a call that LiveKit refused', refusedByLiveKit(), 'bob', 'failed'],
  ['the caller of a call that LiveKit refused', refusedByLiveKit(), 'ann', 'failed'],

  ['one whose ring was called off', over.cancelled(), 'bob', 'missed'],
  [
    'one who was still rung when it ended',
    given(group.connected()).when(by('ann').ends(), 9).call,
    'cyn',
    'missed',
  ],
  ['one who was removed while rung', group.connected(), 'eve', 'missed'],
  [
    'one who was removed while rung again',
    rungAgain().when(by('ann').removes('bob'), 5).call,
    'bob',
    'missed',
  ],
  [
    'one whose second ring was called off',
    rungAgain().when(by('ann').ends(), 5).call,
    'bob',
    'missed',
  ],

  ['one who never connected', over.failed(), 'bob', 'failed'],
  ['the caller whom the other never reached', over.failed(), 'ann', 'failed'],
  [
    'one whose call was lost before it connected',
    given(direct.connecting())
      .when(liveKit.joined('bob'), 2)
      .when(liveKit.left('bob'), 3)
      .when(timePasses, 43).call,
    'ann',
    'failed',
  ],
  [
    'the caller who was lost while it rang',
    played({ timings: { ...TIMINGS, graceSeconds: 10 } }, [
      [1, liveKit.joined('ann')],
      [2, liveKit.left('ann')],
      [12, timePasses],
    ]),
    'ann',
    'failed',
  ],

  ['the caller of a missed call', over.missed(), 'ann', 'missed'],
  ['the caller of a declined call', over.declined(), 'ann', 'declined'],
  ['the caller of a call to one who is busy', over.busy(), 'ann', 'busy'],
  ['the caller who cancelled', over.cancelled(), 'ann', 'cancelled'],

  [
    'one who left before it connected',
    given(direct.connecting()).when(by('bob').leaves(), 5).call,
    'bob',
    'cancelled',
  ],
  [
    'one who was left before it connected',
    given(direct.connecting()).when(by('bob').leaves(), 5).call,
    'ann',
    'cancelled',
  ],
  [
    'one who was removed before it connected',
    connectingThree().when(by('ann').removes('bob'), 5).call,
    'bob',
    'cancelled',
  ],
];

describe('what a call was', () => {
  it.each(rows)('to %s', (_, call, userId, outcome) => {
    expect(getOutcome(call, userId)).toBe(outcome);
  });

  it('to one who was no part of it, is no question', () => {
    expect(() => getOutcome(over.ended(), 'zoe')).toThrow('no participant');
  });
});
