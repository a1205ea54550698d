import { describe, expect, it } from '@jest/globals';
import {
  type Call,
  type Command,
  findParticipant,
  getDeadline,
  type ParticipantState,
} from '@ringline/domain';
import { anAdminEnds, at, by, liveKit, TIMINGS, timePasses } from '../fixtures/commands.ts';
import { type Expected, given, played } from '../fixtures/given.ts';
import { NOTHING, refusedAs } from './case.ts';

const bob = by('bob');
type Step = readonly [seconds: number, command: Command];

/** Ann, the host, and Cyn are joined. The steps bring Bob into his state. */
function withBob(steps: Step[], ringSeconds = TIMINGS.ringSeconds): Call {
  return played({ participantIds: ['bob', 'cyn'], timings: { ...TIMINGS, ringSeconds } }, [
    [1, by('cyn').joins()],
    [2, liveKit.joined('ann')],
    [2, liveKit.joined('cyn')],
    ...steps,
  ]);
}

const accepted: Step[] = [[2, bob.joins({ deviceId: 'phone' })]];
const joined: Step[] = [...accepted, [3, liveKit.joined('bob', 1)]];
const callIn: Record<ParticipantState, () => Call> = {
  invited: () => withBob([]),
  ringing: () => withBob([[2, bob.acknowledges()]]),
  joining: () => withBob(accepted),
  joined: () => withBob(joined),
  reconnecting: () => withBob([...joined, [4, liveKit.left('bob', 1)]]),
  left: () => withBob([...joined, [4, bob.leaves()]]),
  declined: () => withBob([[4, bob.declines()]]),
  missed: () => withBob([[4, timePasses]], 4),
  busy: () => withBob([[4, bob.declines({ reason: 'busy' })]]),
  // Only the end of the call cancels a ring.
  cancelled: () => withBob([[4, anAdminEnds]]),
  removed: () => withBob([[4, by('ann').removes('bob')]]),
};

const columns = {
  'ring ack': bob.acknowledges(),
  'accept, join': bob.joins({ deviceId: 'phone' }),
  'join from another device': bob.joins({ deviceId: 'laptop' }),
  'join from another device, taking over': bob.joins({ deviceId: 'laptop', takeover: true }),
  'join, to rejoin': bob.rejoins(),
  decline: bob.declines({ deviceId: 'phone' }),
  'decline as busy': bob.declines({ reason: 'busy' }),
  'decline from another device': bob.declines({ deviceId: 'laptop' }),
  leave: bob.leaves(),
  token: bob.asksForToken({ deviceId: 'phone' }),
  'token from another device': bob.asksForToken({ deviceId: 'laptop' }),
  toggle: bob.toggles({ audioEnabled: false }),
  'LiveKit joined': liveKit.joined('bob', 2),
  'LiveKit left': liveKit.left('bob', 1),
  deadline: timePasses,
  remove: by('ann').removes('bob'),
  invite: by('cyn').invites('bob'),
  'invite by the host': by('ann').invites('bob'),
  'invite while busy elsewhere': by('ann').invites(
    ['bob', 'dan'],
    new Map([['bob', 'another call']]),
  ),
  'call ends': anAdminEnds,
} satisfies Record<string, Command>;
type Column = keyof typeof columns;

function bobIs(state: ParticipantState, events?: string[]): Expected {
  return {
    participants: { bob: { state } },
    ...(events === undefined ? {} : { events }),
  };
}
const evicted: Expected = {
  unchanged: true,
  effects: [{ name: 'remove_participant', userId: 'bob' }],
};
const invalid = refusedAs('INVALID_STATE');

const ringing: Record<Column, Expected> = {
  'ring ack': bobIs('ringing'),
  'accept, join': bobIs('joining', ['call:accepted']),
  'join from another device': bobIs('joining', ['call:accepted']),
  'join from another device, taking over': bobIs('joining', ['call:accepted']),
  'join, to rejoin': bobIs('joining', ['call:accepted']),
  decline: bobIs('declined', ['call:declined']),
  'decline as busy': bobIs('busy', ['call:declined']),
  'decline from another device': bobIs('declined', ['call:declined']),
  leave: bobIs('declined', ['call:declined']),
  token: refusedAs('NOT_ACCEPTED'),
  'token from another device': refusedAs('NOT_ACCEPTED'),
  toggle: refusedAs('NOT_ACCEPTED'),
  'LiveKit joined': evicted,
  'LiveKit left': NOTHING,
  deadline: bobIs('missed', ['call:missed']),
  remove: bobIs('removed', ['call:participant_left']),
  invite: NOTHING,
  'invite by the host': NOTHING,
  'invite while busy elsewhere': bobIs('invited', ['call:invited']),
  'call ends': bobIs('cancelled', ['call:ended']),
};

const inCall: Record<Column, Expected> = {
  'ring ack': NOTHING,
  'accept, join': NOTHING,
  'join from another device': refusedAs('ANSWERED_ELSEWHERE'),
  'join from another device, taking over': {
    events: ['call:participant_updated'],
    participants: { bob: { deviceId: 'laptop' } },
  },
  'join, to rejoin': NOTHING,
  decline: invalid,
  'decline as busy': invalid,
  'decline from another device': refusedAs('ANSWERED_ELSEWHERE'),
  leave: bobIs('left', ['call:participant_left']),
  token: NOTHING,
  'token from another device': refusedAs('ANSWERED_ELSEWHERE'),
  toggle: { events: ['call:participant_updated'] },
  'LiveKit joined': bobIs('joined'),
  'LiveKit left': NOTHING,
  deadline: bobIs('left', ['call:participant_left']),
  remove: bobIs('removed', ['call:participant_left']),
  invite: NOTHING,
  'invite by the host': NOTHING,
  'invite while busy elsewhere': { events: ['call:invited'] },
  'call ends': bobIs('left', ['call:ended']),
};

const hasLeft: Record<Column, Expected> = {
  'ring ack': invalid,
  'accept, join': invalid,
  'join from another device': invalid,
  'join from another device, taking over': invalid,
  'join, to rejoin': bobIs('joining', ['call:accepted']),
  decline: NOTHING,
  'decline as busy': NOTHING,
  'decline from another device': NOTHING,
  leave: NOTHING,
  token: refusedAs('NOT_ACCEPTED'),
  'token from another device': refusedAs('NOT_ACCEPTED'),
  toggle: refusedAs('NOT_ACCEPTED'),
  'LiveKit joined': evicted,
  'LiveKit left': NOTHING,
  deadline: NOTHING,
  remove: { events: [], participants: { bob: { barred: true } }, effects: evicted.effects ?? [] },
  invite: bobIs('invited', ['call:invited']),
  'invite by the host': bobIs('invited', ['call:invited']),
  'invite while busy elsewhere': bobIs('busy', ['call:busy', 'call:invited']),
  'call ends': { events: ['call:ended'] },
};
function stillLeft(state: ParticipantState): Record<Column, Expected> {
  return {
    ...hasLeft,
    remove: { ...hasLeft.remove, participants: { bob: { state, barred: true } } },
    'call ends': bobIs(state, ['call:ended']),
  };
}

const isOver = refusedAs('CALL_ENDED');
const ofEndedCall: Record<Column, Expected> = {
  'ring ack': isOver,
  'accept, join': isOver,
  'join from another device': isOver,
  'join from another device, taking over': isOver,
  'join, to rejoin': isOver,
  decline: NOTHING,
  'decline as busy': NOTHING,
  'decline from another device': NOTHING,
  leave: NOTHING,
  token: isOver,
  'token from another device': isOver,
  toggle: isOver,
  'LiveKit joined': evicted,
  'LiveKit left': NOTHING,
  deadline: NOTHING,
  remove: isOver,
  invite: isOver,
  'invite by the host': isOver,
  'invite while busy elsewhere': isOver,
  'call ends': NOTHING,
};

/** All commands on all states of a participant. A missing pair does not compile. */
const rows: Record<ParticipantState, Record<Column, Expected>> = {
  invited: { ...ringing, 'ring ack': bobIs('ringing', ['call:ringing']) },
  ringing: {
    ...ringing,
    'ring ack': NOTHING,
    'invite while busy elsewhere': bobIs('ringing', ['call:invited']),
  },
  joining: {
    ...inCall,
    'LiveKit joined': bobIs('joined', ['call:participant_joined']),
    'LiveKit left': bobIs('joining', []),
  },
  joined: {
    ...inCall,
    'LiveKit joined': {
      events: [],
      participants: { bob: { session: { sid: 'PA_2', joinedAtMs: 2 } } },
    },
    'LiveKit left': bobIs('reconnecting', ['call:participant_updated']),
    deadline: NOTHING,
  },
  reconnecting: { ...inCall, 'LiveKit joined': bobIs('joined', ['call:participant_updated']) },
  left: stillLeft('left'),
  declined: stillLeft('declined'),
  missed: stillLeft('missed'),
  busy: stillLeft('busy'),
  cancelled: ofEndedCall,
  removed: {
    ...hasLeft,
    'ring ack': refusedAs('NOT_ALLOWED'),
    'accept, join': refusedAs('NOT_ALLOWED'),
    'join from another device': refusedAs('NOT_ALLOWED'),
    'join from another device, taking over': refusedAs('NOT_ALLOWED'),
    'join, to rejoin': refusedAs('NOT_ALLOWED'),
    token: refusedAs('NOT_ALLOWED'),
    'token from another device': refusedAs('NOT_ALLOWED'),
    toggle: refusedAs('NOT_ALLOWED'),
    remove: refusedAs('INVALID_STATE'),
    invite: refusedAs('NOT_ALLOWED'),
    'call ends': bobIs('removed', ['call:ended']),
  },
};

/** 5 s after the start; for a deadline, when it is due, or later than any deadline if none runs. */
function getSeconds(call: Call, column: Column): number {
  if (column !== 'deadline') return 5;
  const participant = findParticipant(call, 'bob');
  const due = participant === undefined ? null : getDeadline(participant);
  return due === null ? 200 : (due - at(0)) / 1000;
}

describe.each(Object.entries(rows))('a participant who is %s', (state, row) => {
  it.each(Object.entries(row) as [Column, Expected][])(
    'is decided for "%s"',
    (column, expected) => {
      const call = callIn[state as ParticipantState]();
      expect(findParticipant(call, 'bob')?.state).toBe(state);
      given(call).when(columns[column], getSeconds(call, column)).thenExpect(expected);
    },
  );
});

describe.each(['declined', 'missed', 'busy', 'left'] as const)(
  'a user of a direct call who is %s',
  (state) => {
    const steps: Record<typeof state, Step[]> = {
      declined: [[4, bob.declines()]],
      missed: [[30, timePasses]],
      busy: [[4, bob.declines({ reason: 'busy' })]],
      left: [...joined, [4, bob.leaves()]],
    };
    it('cannot rejoin, since the call is over', () => {
      const call = played({}, steps[state]);
      expect(findParticipant(call, 'bob')?.state).toBe(state);
      given(call).when(bob.rejoins(), 31).thenExpect(isOver);
    });
  },
);
