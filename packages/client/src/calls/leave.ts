import type { DeclineReason } from '@ringline/contract';
import { hasCode } from '../errors.ts';
import { pause, type RetryPolicy, retryDelayMs } from '../retry.ts';
import type { Signalling } from '../signalling/signalling.ts';
import type { RinglineCall } from './call.ts';
import type { CallTracker } from './call-tracker.ts';
import type { Join } from './join.ts';

/** The acts that bring this device out of a call. */
export type Leave = Pick<RinglineCall, 'decline' | 'hangUp' | 'leave' | 'end'>;

type LeaveEvent = 'call:decline' | 'call:leave' | 'call:end';

export interface LeaveDeps {
  callId: string;
  userId: string;
  request: Signalling['request'];
  retry: RetryPolicy;
  tracker: CallTracker;
  join: Pick<Join, 'abandon'>;
  /** Aborted when the client closes. */
  closing: AbortSignal;
}

/**
 * Returns a function that repeats a request while the service refuses it for the moment: the user
 * has pressed the button and will not press it again. It stops when the call is over, or this
 * device has come back into it.
 */
function createPersistentRequest({ callId, request, retry, tracker, closing }: LeaveDeps) {
  const { view } = tracker;
  return async (name: LeaveEvent, reason?: DeclineReason): Promise<void> => {
    const stage = name === 'call:decline' ? 'incoming' : 'elsewhere';
    const body = { callId, ...(reason !== undefined && { reason }) };
    for (let attempt = 0; ; attempt += 1) {
      try {
        return tracker.applySnapshot((await request(name, body)).call);
      } catch (error) {
        if (view.here) tracker.withdraw();
        const delay = retryDelayMs(retry, attempt, error);
        if (delay === null) throw error;
        await pause(delay, closing);
        if (view.stage !== stage) return;
      }
    }
  };
}

/**
 * Returns a function that runs one act per name at a time; a second call gets the result of the
 * first.
 */
function createSingleRun() {
  const running = new Map<LeaveEvent, Promise<void>>();
  return (name: LeaveEvent, act: () => Promise<void>): Promise<void> => {
    const current = running.get(name) ?? act().finally(() => running.delete(name));
    running.set(name, current);
    return current;
  };
}

export function createLeave(deps: LeaveDeps): Leave {
  const { userId, tracker, join } = deps;
  const { view } = tracker;
  const send = createPersistentRequest(deps);
  const runOnce = createSingleRun();

  /** An accept under way is waited for: the service might receive the two in the other order. */
  const leave = async (name: 'call:leave' | 'call:end'): Promise<void> => {
    await join.abandon();
    await runOnce(name, () => send(name));
  };

  const leaveOrEnd = async (): Promise<void> => {
    const { initiatorId, mode, state } = view.snapshot;
    const isCancel = initiatorId === userId && (state === 'initiating' || state === 'ringing');
    if (!isCancel && mode === 'group') return leave('call:leave');
    try {
      await leave('call:end');
    } catch (error) {
      // The call has just become a group of another host.
      if (!hasCode(error, 'FORBIDDEN')) throw error;
      await leave('call:leave');
    }
  };

  const declineOrLeave = async (reason?: DeclineReason): Promise<void> => {
    await join.abandon();
    if (view.stage === 'over') return;
    try {
      if (!view.isBound) await send('call:decline', reason);
    } catch (error) {
      if (!hasCode(error, 'INVALID_STATE')) throw error;
      return leaveOrEnd();
    }
    // The service has taken an accept whose answer was late or lost.
    if (view.isBound) await leaveOrEnd();
  };

  const decline = (reason?: DeclineReason) =>
    runOnce('call:decline', () => tracker.suppressRingStop(() => declineOrLeave(reason)));

  return {
    decline,
    leave: () => leave('call:leave'),
    end: () => leave('call:end'),
    hangUp: async () => {
      if (view.stage === 'over') return;
      await (view.stage === 'incoming' ? decline() : leaveOrEnd());
    },
  };
}
