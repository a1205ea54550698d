import type { Call, DeclineReason } from '@ringline/contract';
import { RinglineError } from './errors.ts';
import type { Followed } from './follow.ts';
import { pause, type RetryPolicy, retryDelayMs } from './retry.ts';
import type { RinglineCall } from './ringline-call.ts';
import type { Signalling } from './signalling.ts';
import type { CallStage } from './stage.ts';

/** The ways out of a call. */
export type GettingOut = Pick<RinglineCall, 'decline' | 'hangUp' | 'leave' | 'end'>;

type WayOut = 'call:decline' | 'call:leave' | 'call:end';

export const createGettingOut = (deps: {
  callId: string;
  request: Signalling['request'];
  retry: RetryPolicy;
  followed: Followed;
  call(): Call;
  isInitiator(): boolean;
  leaveMedia(): void;
  /** Aborted when the client closes. */
  closing: AbortSignal;
}): GettingOut => {
  const { callId, request, retry, followed, call, isInitiator, leaveMedia, closing } = deps;
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
        if (followed.here) followed.setHere(false);
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

  /** The microphone is closed at the press of the button, not when the service has answered. */
  const goOut = (name: 'call:leave' | 'call:end') => {
    leaveMedia();
    return once(name, () => send(name));
  };

  const decline = (reason?: DeclineReason) =>
    once('call:decline', () => followed.quietly(() => send('call:decline', reason)));

  return {
    decline,
    leave: () => goOut('call:leave'),
    end: () => goOut('call:end'),
    hangUp: async () => {
      if (followed.stage === 'over') return;
      if (followed.stage === 'incoming') return decline();
      const cancels = followed.stage === 'outgoing' && isInitiator();
      if (!cancels && call().mode === 'group') return goOut('call:leave');
      return goOut('call:end').catch((error: unknown) => {
        // It has become a group in this very moment, and not ours to end.
        if (error instanceof RinglineError && error.code === 'FORBIDDEN')
          return goOut('call:leave');
        throw error;
      });
    },
  };
};
