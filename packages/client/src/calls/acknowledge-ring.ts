import type { Call } from '@ringline/contract';
import type { ClientLogger } from '../options.ts';
import type { Signalling } from '../signalling/signalling.ts';

/**
 * The returned function acknowledges each ring once; until a device does, the service repeats the
 * ring. It resolves to the service's answer, if there was one, and never rejects.
 */
export function createRingAcknowledgement(deps: {
  callId: string;
  request: Signalling['request'];
  logger: ClientLogger;
}): (ring: { isNew: boolean }) => Promise<Call | null> {
  const { callId, request, logger } = deps;
  let state: 'open' | 'sent' | 'acknowledged' = 'open';

  return async ({ isNew }) => {
    if (isNew) state = 'open';
    if (state !== 'open') return null;
    state = 'sent';
    try {
      const { call } = await request('call:ringing', { callId });
      state = 'acknowledged';
      return call;
    } catch (error) {
      state = 'open';
      logger.info('the ring was not acknowledged', { callId, error });
      return null;
    }
  };
}
