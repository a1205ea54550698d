import type { Call } from '@ringline/contract';
import type { ClientLogger } from '../options.ts';
import type { Signalling } from '../signalling/signalling.ts';

/** Tells the service once per ring that this device rings; until somebody does, the service repeats the ring. */
export interface RingAcknowledgement {
  /** It has begun to ring, or is said to ring again. Never rejects. */
  rings(isNew: boolean): Promise<void>;
}

export function createRingAcknowledgement(deps: {
  callId: string;
  request: Signalling['request'];
  onAnswer(snapshot: Call): void;
  logger: ClientLogger;
}): RingAcknowledgement {
  const { callId, request, onAnswer, logger } = deps;
  let acknowledged: 'no' | 'asking' | 'yes' = 'no';
  return {
    rings: async (isNew) => {
      if (isNew) acknowledged = 'no';
      if (acknowledged !== 'no') return;
      acknowledged = 'asking';
      try {
        onAnswer((await request('call:ringing', { callId })).call);
        acknowledged = 'yes';
      } catch (error) {
        acknowledged = 'no';
        logger.info('the ring was not acknowledged', { callId, error });
      }
    },
  };
}
