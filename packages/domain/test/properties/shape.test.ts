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
function alwaysWhileActive(check: (call: Call) => void): void {
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

/** The reasons of each terminal state: docs/call-rules.md, How a call ends. */
const REASONS: Record<TerminalCallState, readonly EndReason[]> = {
  ended: ['hangup', 'host_ended', 'admin_ended', 'solo_timeout', 'max_duration', 'connection_lost'],
  failed: ['media_failure', 'connect_timeout', 'connection_lost'],
  busy: ['busy'],
  declined: ['declined'],
  missed: ['no_answer'],
  cancelled: ['cancelled', 'connection_lost', 'admin_ended'],
};
/** Whether a user causes this end; null if either is possible. */
const BY_USER: Record<EndReason, boolean | null> = {
  hangup: true,
  host_ended: true,
  declined: true,
  cancelled: true,
  // The callee declined as busy, or was in another call.
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

  it('has no active participants and no deadline', () => {
    alwaysOnceOver((call) => {
      expect(activeUserIds(call)).toEqual([]);
      expect(getNextDueAt(call)).toBeNull();
      expect(call.soloExpiresAt).toBeNull();
    });
  });

  it('has an end time and a reason that its state allows', () => {
    alwaysOnceOver(({ state, endReason, endedAt }) => {
      expect(endedAt).not.toBeNull();
      expect(REASONS[state as TerminalCallState]).toContain(endReason);
    });
  });

  it('names the user who ended it, if one did', () => {
    alwaysOnceOver((call) => {
      const byUser = BY_USER[call.endReason ?? 'hangup'];
      if (byUser !== null) expect(call.endedBy !== null).toBe(byUser);
      if (call.endedBy !== null) expect(findParticipant(call, call.endedBy)).toBeDefined();
    });
  });

  it('is failed only if it never connected, and was answered exactly if its end says so', () => {
    alwaysOnceOver((call) => {
      if (call.state === 'failed') expect(call.connectedAt).toBeNull();
      const answered =
        call.state === 'ended' || (call.state === 'failed' && call.endReason !== 'media_failure');
      expect(isAnswered(call)).toBe(answered);
    });
  });
});

describe('a call that goes on', () => {
  it('has no end time, reason or endedBy', () => {
    alwaysWhileActive(({ endedAt, endReason, endedBy }) => {
      expect([endedAt, endReason, endedBy]).toEqual([null, null, null]);
    });
  });

  it('rings until it is answered, with only the initiator in the call and a ringing user', () => {
    alwaysWhileActive((call) => {
      expect(call.state === 'ringing').toBe(!isAnswered(call));
      if (isAnswered(call)) return;
      expect(call.participants.filter(isInCall).map(({ userId }) => userId)).toEqual([
        call.initiatorId,
      ]);
      expect(count(call, isRinging)).toBeGreaterThan(0);
    });
  });

  it('has the state that its participants determine, once answered', () => {
    alwaysWhileActive((call) => {
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

  it('has a second user, a ringing user or a solo deadline', () => {
    alwaysWhileActive((call) => {
      if (!isAnswered(call)) return;
      const everInCall = count(call, ({ acceptedAt }) => acceptedAt !== null);
      const alone = count(call, isInCall) === 1 && count(call, isRinging) === 0;
      expect(count(call, isInCall)).toBeGreaterThan(0);
      expect(alone && everInCall <= 2).toBe(false);
      expect(call.soloExpiresAt !== null).toBe(alone);
    });
  });

  it('has exactly two users in an answered direct call, and never more than its seats', () => {
    alwaysWhileActive((call) => {
      if (call.mode === 'direct') {
        expect(call.participants).toHaveLength(2);
        if (isAnswered(call)) expect(count(call, isInCall)).toBe(2);
      }
      expect(count(call, isActive)).toBeLessThanOrEqual(call.maxParticipants);
    });
  });

  it('has a host who is in the call exactly if it is a group', () => {
    alwaysWhileActive((call) => {
      if (call.mode === 'direct') {
        expect(call.hostId).toBeNull();
        return;
      }
      const host = findParticipant(call, call.hostId ?? '');
      expect(host && isInCall(host)).toBe(true);
    });
  });

  it('has a deadline for every state that must end in time', () => {
    alwaysWhileActive((call) => {
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
  it('has the earlier of solo deadline and maximum duration as expiresAt', () => {
    always((call) => {
      const ends = [call.soloExpiresAt, getMaxExpiresAt(call)].filter((end) => end !== null);
      expect(getExpiresAt(call)).toBe(ends.length === 0 ? null : Math.min(...ends));
      expect(getMaxExpiresAt(call) === null).toBe(call.connectedAt === null || isTerminal(call));
    });
  });

  it('has its times in order, even if the clock steps back', () => {
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

  it('is listed once', () => {
    always(({ participants }) => {
      expect(new Set(participants.map(({ userId }) => userId)).size).toBe(participants.length);
    });
  });

  it('has a device, a session and a stay only while in the call', () => {
    alwaysEach((one) => {
      const { deviceId, deadline, session, stayingSince, joinedAt, state } = one;
      if (!isInCall(one))
        expect([deviceId, deadline, session, stayingSince]).toEqual([null, null, null, null]);
      const hasMedia = state === 'joined' || state === 'reconnecting';
      expect(session !== null && stayingSince !== null).toBe(hasMedia);
      if (hasMedia) expect(joinedAt).not.toBeNull();
    });
  });

  it('has accepted and not left while in the call, and has an exit exactly after leaving', () => {
    alwaysEach((one) => {
      if (isInCall(one)) expect([one.acceptedAt === null, one.leftAt]).toEqual([false, null]);
      expect(one.exit !== null).toBe(hasLeft(one));
      if (one.barred) expect(hasLeft(one)).toBe(true);
      if (isBarred(one)) expect(isActive(one)).toBe(false);
    });
  });

  it('has a ring deadline while invited, and a ringing time once acknowledged', () => {
    alwaysEach((one) => {
      if (isRinging(one)) expect(one.ringExpiresAt).not.toBeNull();
      if (one.state === 'ringing') expect(one.ringingAt).not.toBeNull();
    });
  });

  it('never has a negative duration', () => {
    alwaysEach(({ stayedMs }, { connectedAt }) => {
      expect(stayedMs).toBeGreaterThanOrEqual(0);
      if (connectedAt === null) expect(stayedMs).toBe(0);
    });
  });
});
