import type { Call, DeclineReason } from '@ringline/contract';
import { RinglineError } from './errors.ts';
import type { Followed } from './follow.ts';
import type { RinglineCall } from './ringline-call.ts';
import type { Signalling } from './signalling.ts';

/** The ways out of a call. */
export type GettingOut = Pick<RinglineCall, 'decline' | 'hangUp' | 'leave' | 'end'>;

export const createGettingOut = (deps: {
  callId: string;
  request: Signalling['request'];
  followed: Followed;
  call(): Call;
  isInitiator(): boolean;
  leaveMedia(): void;
}): GettingOut => {
  const { callId, request, followed, call, isInitiator, leaveMedia } = deps;

  /** The microphone is closed at the press of the button, not when the service has answered. */
  const goOut = async (name: 'call:leave' | 'call:end') => {
    leaveMedia();
    try {
      followed.adopt((await request(name, { callId })).call);
    } catch (error) {
      followed.setHere(false);
      throw error;
    }
  };

  const decline = (reason?: DeclineReason) =>
    followed.quietly(async () => {
      const body = { callId, ...(reason !== undefined && { reason }) };
      followed.adopt((await request('call:decline', body)).call);
    });

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
