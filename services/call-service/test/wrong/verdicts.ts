import type { ErrorCode } from '@ringline/contract';
import type { CommandName } from './attempts.ts';
import type { Participation } from './situations.ts';

/**
 * The result of a command that must change nothing: a refusal, or `done` for one that succeeds and
 * yet leaves everything as it was. `allowed` commands change something, and other tests cover them.
 */
type Verdict = ErrorCode | 'done' | 'allowed';
/** For a user in the call: on the device that is in it (or on none), and on another. */
export type Cell = Verdict | { here: Verdict; elsewhere: Verdict };
export type Verdicts = Record<CommandName, Record<Participation, Cell>>;

const ANSWERED: Cell = { here: 'done', elsewhere: 'ANSWERED_ELSEWHERE' };
const STRANGER = { stranger: 'CALL_NOT_FOUND' } as const;

function whileRinging(verdict: Verdict) {
  return { invited: verdict, ringing: verdict };
}
function afterLeaving(verdict: Verdict) {
  return {
    left: verdict,
    declined: verdict,
    missed: verdict,
    busy: verdict,
  };
}
function afterRemoval(verdict: Verdict) {
  return { removed: verdict, barred: verdict };
}
function whileInCall(cell: Cell) {
  return { caller: cell, callee: cell };
}

const forTheHost: Record<Participation, Cell> = {
  caller: 'allowed',
  callee: 'FORBIDDEN',
  ...whileRinging('FORBIDDEN'),
  ...afterLeaving('FORBIDDEN'),
  removed: 'NOT_ALLOWED',
  barred: 'FORBIDDEN',
  ...STRANGER,
};

/** A group that rings or runs; its caller is the host. */
export const inGroup: Verdicts = {
  ring: {
    ...whileInCall('done'),
    invited: 'allowed',
    ringing: 'done',
    ...afterLeaving('INVALID_STATE'),
    removed: 'NOT_ALLOWED',
    barred: 'INVALID_STATE',
    ...STRANGER,
  },
  join: {
    ...whileInCall(ANSWERED),
    ...whileRinging('allowed'),
    ...afterLeaving('INVALID_STATE'),
    ...afterRemoval('NOT_ALLOWED'),
    ...STRANGER,
  },
  rejoin: {
    ...whileInCall(ANSWERED),
    ...whileRinging('allowed'),
    left: 'allowed',
    declined: 'allowed',
    missed: 'allowed',
    busy: 'CALLER_BUSY',
    ...afterRemoval('NOT_ALLOWED'),
    ...STRANGER,
  },
  decline: {
    ...whileInCall({ here: 'INVALID_STATE', elsewhere: 'ANSWERED_ELSEWHERE' }),
    ...whileRinging('allowed'),
    ...afterLeaving('done'),
    ...afterRemoval('done'),
    ...STRANGER,
  },
  leave: {
    ...whileInCall('allowed'),
    ...whileRinging('allowed'),
    ...afterLeaving('done'),
    ...afterRemoval('done'),
    ...STRANGER,
  },
  end: {
    caller: 'allowed',
    callee: 'FORBIDDEN',
    ...whileRinging('allowed'),
    ...afterLeaving('FORBIDDEN'),
    ...afterRemoval('FORBIDDEN'),
    ...STRANGER,
  },
  invite: {
    ...whileInCall('allowed'),
    ...whileRinging('NOT_ACCEPTED'),
    ...afterLeaving('NOT_ACCEPTED'),
    removed: 'NOT_ALLOWED',
    barred: 'NOT_ACCEPTED',
    ...STRANGER,
  },
  token: {
    ...whileInCall(ANSWERED),
    ...whileRinging('NOT_ACCEPTED'),
    ...afterLeaving('NOT_ACCEPTED'),
    ...afterRemoval('NOT_ALLOWED'),
    ...STRANGER,
  },
  toggle: {
    ...whileInCall('allowed'),
    ...whileRinging('NOT_ACCEPTED'),
    ...afterLeaving('NOT_ACCEPTED'),
    ...afterRemoval('NOT_ALLOWED'),
    ...STRANGER,
  },
  mute: forTheHost,
  muteAll: forTheHost,
  remove: forTheHost,
  handOver: forTheHost,
  relay: {
    ...whileInCall({ here: 'allowed', elsewhere: 'ANSWERED_ELSEWHERE' }),
    ...whileRinging('NOT_ACCEPTED'),
    ...afterLeaving('NOT_ACCEPTED'),
    ...afterRemoval('NOT_ALLOWED'),
    ...STRANGER,
  },
};

const withoutHost: Record<Participation, Cell> = {
  ...forTheHost,
  ...whileInCall('INVALID_STATE'),
  ...whileRinging('INVALID_STATE'),
};

/** A direct call has no host, and either side ends it. */
export const inDirectCall: Verdicts = {
  ...inGroup,
  end: { ...inGroup.end, callee: 'allowed' },
  mute: withoutHost,
  muteAll: withoutHost,
  remove: withoutHost,
  handOver: withoutHost,
};

function afterEnd(verdict: Verdict): Record<Participation, Cell> {
  return {
    ...whileInCall(verdict),
    ...whileRinging(verdict),
    ...afterLeaving(verdict),
    ...afterRemoval(verdict),
    ...STRANGER,
  };
}

/** A finished call is over for every user. */
export const inFinishedCall: Verdicts = {
  ring: afterEnd('CALL_ENDED'),
  join: afterEnd('CALL_ENDED'),
  rejoin: afterEnd('CALL_ENDED'),
  decline: afterEnd('done'),
  leave: afterEnd('done'),
  end: afterEnd('done'),
  invite: afterEnd('CALL_ENDED'),
  token: afterEnd('CALL_ENDED'),
  toggle: afterEnd('CALL_ENDED'),
  mute: afterEnd('CALL_ENDED'),
  muteAll: afterEnd('CALL_ENDED'),
  remove: afterEnd('CALL_ENDED'),
  handOver: afterEnd('CALL_ENDED'),
  relay: afterEnd('CALL_ENDED'),
};
