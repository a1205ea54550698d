import type { ErrorCode } from '@ringline/contract';
import type { CommandName } from './attempts.ts';
import type { Participation } from './situations.ts';

/**
 * What a command comes to that must change nothing: a refusal, or `done` for one that is granted
 * and yet leaves everything as it was. `allowed` ones change something, and so are other tests'
 * business.
 */
type Verdict = ErrorCode | 'done' | 'allowed';
/** Of one who is in the call: on the device that is in it (or on none), and on another. */
export type Cell = Verdict | { here: Verdict; elsewhere: Verdict };
export type Verdicts = Record<CommandName, Record<Participation, Cell>>;

const ANSWERED: Cell = { here: 'done', elsewhere: 'ANSWERED_ELSEWHERE' };
const STRANGER = { stranger: 'CALL_NOT_FOUND' } as const;

function rung(verdict: Verdict) {
  return { invited: verdict, ringing: verdict };
}
function gone(verdict: Verdict) {
  return {
    left: verdict,
    declined: verdict,
    missed: verdict,
    busy: verdict,
  };
}
function shutOut(verdict: Verdict) {
  return { removed: verdict, barred: verdict };
}
function within(cell: Cell) {
  return { caller: cell, callee: cell };
}

const forTheHost: Record<Participation, Cell> = {
  caller: 'allowed',
  callee: 'FORBIDDEN',
  ...rung('FORBIDDEN'),
  ...gone('FORBIDDEN'),
  removed: 'NOT_ALLOWED',
  barred: 'FORBIDDEN',
  ...STRANGER,
};

/** A group that rings or runs; its caller is the host. */
export const inGroup: Verdicts = {
  ring: {
    ...within('done'),
    invited: 'allowed',
    ringing: 'done',
    ...gone('INVALID_STATE'),
    removed: 'NOT_ALLOWED',
    barred: 'INVALID_STATE',
    ...STRANGER,
  },
  join: {
    ...within(ANSWERED),
    ...rung('allowed'),
    ...gone('INVALID_STATE'),
    ...shutOut('NOT_ALLOWED'),
    ...STRANGER,
  },
  rejoin: {
    ...within(ANSWERED),
    ...rung('allowed'),
    left: 'allowed',
    declined: 'allowed',
    missed: 'allowed',
    busy: 'CALLER_BUSY',
    ...shutOut('NOT_ALLOWED'),
    ...STRANGER,
  },
  decline: {
    ...within({ here: 'INVALID_STATE', elsewhere: 'ANSWERED_ELSEWHERE' }),
    ...rung('allowed'),
    ...gone('done'),
    ...shutOut('done'),
    ...STRANGER,
  },
  leave: {
    ...within('allowed'),
    ...rung('allowed'),
    ...gone('done'),
    ...shutOut('done'),
    ...STRANGER,
  },
  end: {
    caller: 'allowed',
    callee: 'FORBIDDEN',
    ...rung('allowed'),
    ...gone('FORBIDDEN'),
    ...shutOut('FORBIDDEN'),
    ...STRANGER,
  },
  invite: {
    ...within('allowed'),
    ...rung('NOT_ACCEPTED'),
    ...gone('NOT_ACCEPTED'),
    removed: 'NOT_ALLOWED',
    barred: 'NOT_ACCEPTED',
    ...STRANGER,
  },
  token: {
    ...within(ANSWERED),
    ...rung('NOT_ACCEPTED'),
    ...gone('NOT_ACCEPTED'),
    ...shutOut('NOT_ALLOWED'),
    ...STRANGER,
  },
  toggle: {
    ...within('allowed'),
    ...rung('NOT_ACCEPTED'),
    ...gone('NOT_ACCEPTED'),
    ...shutOut('NOT_ALLOWED'),
    ...STRANGER,
  },
  mute: forTheHost,
  muteAll: forTheHost,
  remove: forTheHost,
  handOver: forTheHost,
  relay: {
    ...within({ here: 'allowed', elsewhere: 'ANSWERED_ELSEWHERE' }),
    ...rung('NOT_ACCEPTED'),
    ...gone('NOT_ACCEPTED'),
    ...shutOut('NOT_ALLOWED'),
    ...STRANGER,
  },
};

const withoutHost: Record<Participation, Cell> = {
  ...forTheHost,
  ...within('INVALID_STATE'),
  ...rung('INVALID_STATE'),
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

function over(verdict: Verdict): Record<Participation, Cell> {
  return {
    ...within(verdict),
    ...rung(verdict),
    ...gone(verdict),
    ...shutOut(verdict),
    ...STRANGER,
  };
}

/** A call that is over is over for everybody. */
export const inFinishedCall: Verdicts = {
  ring: over('CALL_ENDED'),
  join: over('CALL_ENDED'),
  rejoin: over('CALL_ENDED'),
  decline: over('done'),
  leave: over('done'),
  end: over('done'),
  invite: over('CALL_ENDED'),
  token: over('CALL_ENDED'),
  toggle: over('CALL_ENDED'),
  mute: over('CALL_ENDED'),
  muteAll: over('CALL_ENDED'),
  remove: over('CALL_ENDED'),
  handOver: over('CALL_ENDED'),
  relay: over('CALL_ENDED'),
};
