import type { Call, DeclineReason } from '@ringline/contract';
import { RinglineError } from '../errors.ts';
import { pause, type RetryPolicy, retryDelayMs } from '../retry.ts';
import type { Signalling } from '../signalling/signalling.ts';
import type { RinglineCall } from './call.ts';
import type { Followed } from './call-tracker.ts';
import type { CallStage } from './stage.ts';

/** The ways out of a call. */
export type GettingOut = Pick<RinglineCall, 'decline' | 'hangUp' | 'leave' | 'end'>;

type WayOut = 'call:decline' | 'call:leave' | 'call:end';

function hasCode(error: unknown, code: RinglineError['code']): boolean {
  return error instanceof RinglineError && error.code === code;
}

export function createGettingOut(deps: {
  callId: string;
  userId: string;
  request: Signalling['request'];
  retry: RetryPolicy;
  followed: Followed;
  call(): Call;
  /** The person wants out: no sound goes out any more, whatever is answered from now on. */
  turnAway(): void;
  /** What gets this device in, and is not answered yet; settles without a rejection. */
  gettingIn(): Promise<unknown> | null;
  /** Aborted when the client closes. */
  closing: AbortSignal;
}): GettingOut {
  const { callId, userId, request, retry, followed, call, closing } = deps;
  const running = new Map<WayOut, Promise<void>>();

  /**
   * Repeats a request that is refused for the moment: the person has turned away and will not press the button again.
   * Stops when there is nothing left to get out of: the call is over, or this device has come back into it.
   */
  const send = async (name: WayOut, reason?: DeclineReason): Promise<void> => {
    const wanted: CallStage = name === 'call:decline' ? 'incoming' : 'elsewhere';
    const body = { callId, ...(reason !== undefined && { reason }) };
    for (let attempt = 0; ; attempt += 1) {
      try {
        return followed.adopt((await request(name, body)).call);
      } catch (error) {
        if (followed.here) followed.withdraw();
        const delay = retryDelayMs(retry, attempt, error);
        if (delay === null) throw error;
        await pause(delay, closing);
        if (followed.stage !== wanted) return;
      }
    }
  };

  /** A button pressed twice sends once. */
  const once = (name: WayOut, act: () => Promise<void>): Promise<void> => {
    const known = running.get(name);
    if (known !== undefined) return known;
    const sent = act().finally(() => running.delete(name));
    running.set(name, sent);
    return sent;
  };

  /** An accept that is not answered yet comes first, or the service might hear the two in the other order. */
  const turnAway = async (): Promise<void> => {
    deps.turnAway();
    await deps.gettingIn();
  };

  const goOut = async (name: 'call:leave' | 'call:end'): Promise<void> => {
    await turnAway();
    await once(name, () => send(name));
  };

  const leaveOrEnd = async (): Promise<void> => {
    const { initiatorId, mode, state } = call();
    const cancels = initiatorId === userId && (state === 'initiating' || state === 'ringing');
    if (!cancels && mode === 'group') return goOut('call:leave');
    try {
      await goOut('call:end');
    } catch (error) {
      // It has become a group in this very moment, and not ours to end.
      if (!hasCode(error, 'FORBIDDEN')) throw error;
      await goOut('call:leave');
    }
  };

  const decline = (reason?: DeclineReason) =>
    once('call:decline', () =>
      followed.quietly(async () => {
        await turnAway();
        if (followed.stage === 'over') return;
        try {
          if (!followed.isSeated) await send('call:decline', reason);
        } catch (error) {
          if (!hasCode(error, 'INVALID_STATE')) throw error;
          return leaveOrEnd();
        }
        // An accept whose answer was late, or lost, has been heard.
        if (followed.isSeated) await leaveOrEnd();
      }),
    );

  return {
    decline,
    leave: () => goOut('call:leave'),
    end: () => goOut('call:end'),
    hangUp: async () => {
      if (followed.stage === 'over') return;
      await (followed.stage === 'incoming' ? decline() : leaveOrEnd());
    },
  };
}
