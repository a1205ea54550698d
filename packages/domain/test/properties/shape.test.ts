import { describe, expect, it } from '@jest/globals';
import {
  activeUserIds,
  type Call,
  type EndReason,
  findParticipant,
  getExpiresAt,
  getMaxExpiresAt,
  getNextDueAt,
  hasLeft,
  isActive,
  isAnswered,
  isBarred,
  isInCall,
  isRinging,
  isTerminal,
  type Participant,
  type TerminalCallState,
} from '@ringline/domain';
import { callsOf, holdsAlways } from './runs.ts';

function always(check: (call: Call) => void): void {
  holdsAlways((story) => callsOf(story).forEach(check));
}
function alwaysWhileLive(check: (call: Call) => void): void {
  always((call) => {
    if (!isTerminal(call)) check(call);
  });
}
function count(call: Call, is: (one: Participant) => boolean) {
  return call.participants.filter(is).length;
}
function isJoined({ state }: Participant) {
  return state === 'joined';
}

/** STATES.md, "How a call ends", in short: what may be the reason of each end. */
const REASONS: Record<TerminalCallState, readonly EndReason[]> = {
  ended: ['hangup', 'host_ended', 'admin_ended', 'solo_timeout', 'max_duration', 'connection_lost'],
  failed: ['media_failure', 'connect_timeout', 'connection_lost'],
  busy: ['busy'],
  declined: ['declined'],
  missed: ['no_answer'],
  cancelled: ['cancelled', 'connection_lost', 'admin_ended'],
};
/** Whether the reason is somebody's act; null where it can be either. */
const BY_SOMEBODY: Record<EndReason, boolean | null> = {
  hangup: true,
  host_ended: true,
  declined: true,
  cancelled: true,
  // The callee may have said so, or have been in another call.
  busy: null,
  no_answer: false,
  connect_timeout: false,
  connection_lost: false,
  solo_timeout: false,
  max_duration: false,
  media_failure: false,
  admin_ended: false,
};

describe('a call that is over', () => {
  const alwaysOnceOver = (check: (call: Call) => void): void =>
    always((call) => {
      if (isTerminal(call)) check(call);
    });

  it('has nobody in it or rung, and waits for nothing', () => {
    alwaysOnceOver((call) => {
      expect(activeUserIds(call)).toEqual([]);
      expect(getNextDueAt(call)).toBeNull();
      expect(call.soloExpiresAt).toBeNull();
    });
  });

  it('has an end, for a reason that its state allows', () => {
    alwaysOnceOver(({ state, endReason, endedAt }) => {
      expect(endedAt).not.toBeNull();
      expect(REASONS[state as TerminalCallState]).toContain(endReason);
    });
  });

  it('names who ended it where somebody did', () => {
    alwaysOnceOver((call) => {
      const somebody = BY_SOMEBODY[call.endReason ?? 'hangup'];
      if (somebody !== null) expect(call.endedBy !== null).toBe(somebody);
      if (call.endedBy !== null) expect(findParticipant(call, call.endedBy)).toBeDefined();
    });
  });

  it('failed only if it never connected, and was answered unless its end says otherwise', () => {
    alwaysOnceOver((call) => {
      if (call.state === 'failed') expect(call.connectedAt).toBeNull();
      const answered =
        call.state === 'ended' || (call.state === 'failed' && call.endReason !== 'media_failure');
      expect(isAnswered(call)).toBe(answered);
    });
  });
});

describe('a call that goes on', () => {
  it('has no end', () => {
    alwaysWhileLive(({ endedAt, endReason, endedBy }) => {
      expect([endedAt, endReason, endedBy]).toEqual([null, null, null]);
    });
  });

  it('rings, until the answer, with its initiator In and somebody rung', () => {
    alwaysWhileLive((call) => {
      expect(call.state === 'ringing').toBe(!isAnswered(call));
      if (isAnswered(call)) return;
      expect(call.participants.filter(isInCall).map(({ userId }) => userId)).toEqual([
        call.initiatorId,
      ]);
      expect(count(call, isRinging)).toBeGreaterThan(0);
    });
  });

  it('is after the answer what its participants say', () => {
    alwaysWhileLive((call) => {
      if (!isAnswered(call)) return;
      const lost = call.participants.some(({ state }) => state === 'reconnecting');
      const expected =
        count(call, isJoined) >= 2
          ? 'connected'
          : call.connectedAt === null
            ? 'connecting'
            : lost
              ? 'reconnecting'
              : 'connected';
      expect(call.state).toBe(expected);
    });
  });

  it('has somebody to talk to, or to wait for', () => {
    alwaysWhileLive((call) => {
      if (!isAnswered(call)) return;
      const everIn = count(call, ({ acceptedAt }) => acceptedAt !== null);
      const alone = count(call, isInCall) === 1 && count(call, isRinging) === 0;
      expect(count(call, isInCall)).toBeGreaterThan(0);
      expect(alone && everIn <= 2).toBe(false);
      expect(call.soloExpiresAt !== null).toBe(alone);
    });
  });

  it('has exactly two In once a direct one is answered, and never more than its seats', () => {
    alwaysWhileLive((call) => {
      if (call.mode === 'direct') {
        expect(call.participants).toHaveLength(2);
        if (isAnswered(call)) expect(count(call, isInCall)).toBe(2);
      }
      expect(count(call, isActive)).toBeLessThanOrEqual(call.maxParticipants);
    });
  });

  it('has a host who is In, if it is a group, and none if it is not', () => {
    alwaysWhileLive((call) => {
      if (call.mode === 'direct') {
        expect(call.hostId).toBeNull();
        return;
      }
      const host = findParticipant(call, call.hostId ?? '');
      expect(host && isInCall(host)).toBe(true);
    });
  });

  it('waits for whatever has to end in time', () => {
    alwaysWhileLive((call) => {
      const waits = (one: Participant): boolean =>
        isRinging(one) ||
        one.state === 'reconnecting' ||
        (one.state === 'joining' && isAnswered(call));
      for (const one of call.participants.filter(waits)) {
        const until = isRinging(one) ? one.ringExpiresAt : one.deadline;
        expect(until).not.toBeNull();
        expect(getNextDueAt(call) ?? Number.POSITIVE_INFINITY).toBeLessThanOrEqual(until ?? 0);
      }
      if (isAnswered(call) || count(call, isRinging) > 0) expect(getNextDueAt(call)).not.toBeNull();
    });
  });
});

describe('a call', () => {
  it('shows as its end the earlier of solo and maximum duration', () => {
    always((call) => {
      const ends = [call.soloExpiresAt, getMaxExpiresAt(call)].filter((end) => end !== null);
      expect(getExpiresAt(call)).toBe(ends.length === 0 ? null : Math.min(...ends));
      expect(getMaxExpiresAt(call) === null).toBe(call.connectedAt === null || isTerminal(call));
    });
  });

  it('has its instants in order, whatever the clock does', () => {
    always(({ createdAt, answeredAt, connectedAt, endedAt }) => {
      const instants = [createdAt, answeredAt, connectedAt, endedAt].filter((one) => one !== null);
      expect(instants).toEqual(instants.toSorted((a, b) => a - b));
      if (connectedAt !== null) expect(answeredAt).not.toBeNull();
    });
  });
});

describe('a participant', () => {
  const alwaysEach = (check: (one: Participant, call: Call) => void): void =>
    always((call) => {
      for (const one of call.participants) check(one, call);
    });

  it('is in the call once', () => {
    always(({ participants }) => {
      expect(new Set(participants.map(({ userId }) => userId)).size).toBe(participants.length);
    });
  });

  it('has a device, a session and a stay only while In, and both of these once joined', () => {
    alwaysEach((one) => {
      const { deviceId, deadline, session, stayingSince, joinedAt, state } = one;
      if (!isInCall(one))
        expect([deviceId, deadline, session, stayingSince]).toEqual([null, null, null, null]);
      const there = state === 'joined' || state === 'reconnecting';
      expect(session !== null && stayingSince !== null).toBe(there);
      if (there) expect(joinedAt).not.toBeNull();
    });
  });

  it('has accepted and not left while In, and has an exit exactly while out', () => {
    alwaysEach((one) => {
      if (isInCall(one)) expect([one.acceptedAt === null, one.leftAt]).toEqual([false, null]);
      expect(one.exit !== null).toBe(hasLeft(one));
      if (one.barred) expect(hasLeft(one)).toBe(true);
      if (isBarred(one)) expect(isActive(one)).toBe(false);
    });
  });

  it('is rung with a deadline, and since when, once a device said so', () => {
    alwaysEach((one) => {
      if (isRinging(one)) expect(one.ringExpiresAt).not.toBeNull();
      if (one.state === 'ringing') expect(one.ringingAt).not.toBeNull();
    });
  });

  it('never has stayed for less than nothing', () => {
    alwaysEach(({ stayedMs }, { connectedAt }) => {
      expect(stayedMs).toBeGreaterThanOrEqual(0);
      if (connectedAt === null) expect(stayedMs).toBe(0);
    });
  });
});
