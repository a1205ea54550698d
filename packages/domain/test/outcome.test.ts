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

/** Bob has accepted a call that is not connected yet; Cyn and Dan ring. */
function connectingThree() {
  return given(played({ participantIds: ['bob', 'cyn', 'dan'] })).when(by('bob').joins(), 1);
}

/** Bob accepted, left before the call connected, and was invited again. */
function invitedAgain() {
  return connectingThree().when(by('bob').leaves(), 3).when(by('ann').invites('bob'), 4);
}

type Row = [sentence: string, call: Call, userId: string, outcome: Outcome];

const rows: Row[] = [
  ['a user who rings', direct.ringing(), 'bob', 'ongoing'],
  ['the caller of a ringing call', direct.ringing(), 'ann', 'ongoing'],
  ['a user in the call', direct.connected(), 'bob', 'ongoing'],
  ['a user who is reconnecting', direct.reconnecting(), 'bob', 'ongoing'],

  ['a user who talked', over.ended(), 'bob', 'completed'],
  [
    'a user who talked and left a group',
    given(three()).when(by('bob').leaves(), 9).call,
    'bob',
    'completed',
  ],
  [
    'a user who talked and was lost',
    given(direct.reconnecting()).when(timePasses, 99).call,
    'bob',
    'completed',
  ],
  [
    'a user who talked and was removed',
    given(three()).when(by('ann').removes('bob'), 9).call,
    'bob',
    'completed',
  ],
  [
    'a user who talked, left, was invited again and declined',
    given(three())
      .when(by('bob').leaves(), 9)
      .when(by('ann').invites('bob'), 10)
      .when(by('bob').declines(), 11).call,
    'bob',
    'completed',
  ],

  [
    'a callee whose ringing call an operator ended',
    given(direct.ringing()).when(anAdminEnds, 5).call,
    'bob',
    'cancelled',
  ],
  [
    'a callee who still rang when an operator ended the group',
    connectingThree().when(anAdminEnds, 5).call,
    'cyn',
    'cancelled',
  ],

  ['a user who declined', over.declined(), 'bob', 'declined'],
  ['a user who declined a call that others accepted', group.connected(), 'dan', 'declined'],
  ['a user who missed it', over.missed(), 'bob', 'missed'],
  ['a user who was busy', over.busy(), 'bob', 'busy'],

  ['a callee of a call that LiveKit refused', refusedByLiveKit(), 'bob', 'failed'],
  ['the caller of a call that LiveKit refused', refusedByLiveKit(), 'ann', 'failed'],

  ['a callee when the caller cancelled', over.cancelled(), 'bob', 'missed'],
  [
    'a user who still rang when the call ended',
    given(group.connected()).when(by('ann').ends(), 9).call,
    'cyn',
    'missed',
  ],
  ['a user who was removed while ringing', group.connected(), 'eve', 'missed'],
  [
    'a user who was removed while ringing a second time',
    invitedAgain().when(by('ann').removes('bob'), 5).call,
    'bob',
    'missed',
  ],
  [
    'a user whose second ring was cancelled',
    invitedAgain().when(by('ann').ends(), 5).call,
    'bob',
    'missed',
  ],

  ['a user who never connected', over.failed(), 'bob', 'failed'],
  ['the caller of a callee who never connected', over.failed(), 'ann', 'failed'],
  [
    'a user whose call was lost before it connected',
    given(direct.connecting())
      .when(liveKit.joined('bob'), 2)
      .when(liveKit.left('bob'), 3)
      .when(timePasses, 43).call,
    'ann',
    'failed',
  ],
  [
    'a caller who was lost while it rang',
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
  ['the caller of a busy user', over.busy(), 'ann', 'busy'],
  ['a caller who cancelled', over.cancelled(), 'ann', 'cancelled'],

  [
    'a user who left before it connected',
    given(direct.connecting()).when(by('bob').leaves(), 5).call,
    'bob',
    'cancelled',
  ],
  [
    'a user whom the other left before it connected',
    given(direct.connecting()).when(by('bob').leaves(), 5).call,
    'ann',
    'cancelled',
  ],
  [
    'a user who was removed before it connected',
    connectingThree().when(by('ann').removes('bob'), 5).call,
    'bob',
    'cancelled',
  ],
];

describe('getOutcome', () => {
  it.each(rows)('returns the outcome for %s', (_, call, userId, outcome) => {
    expect(getOutcome(call, userId)).toBe(outcome);
  });

  it('throws for a user who is not a participant', () => {
    expect(() => getOutcome(over.ended(), 'zoe')).toThrow('not a participant');
  });
});
