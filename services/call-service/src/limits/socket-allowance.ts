import type { CallServiceConfig } from '@ringline/platform';
import { createTokenBucket, type TokenRate } from './token-bucket.ts';

/** Why a socket must not send now. */
export interface Excess {
  limit: 'socket_events' | 'socket_bytes';
  retryAfterSeconds: number;
  /** Whether it continued for so long in spite of refusals that it must be closed. */
  hopeless: boolean;
}

/** Limits what one socket may send. A socket belongs to one process, so this needs no Redis. */
export interface SocketAllowance {
  /** Counts all received bytes, not only those of events. */
  receive(bytes: number): Excess | null;
  /** Counts an event, unless it is refused. */
  event(): Excess | null;
}

function isUnlimited({ perSecond, burst }: TokenRate): boolean {
  return perSecond === 0 || burst === 0;
}

/** Refused events cost nothing, so a client may send again after the time in the refusal. */
function createEventAllowance(rate: TokenRate): () => Excess | null {
  if (isUnlimited(rate)) return () => null;
  const bucket = createTokenBucket(rate);
  let refused = 0;
  return () => {
    if (bucket.left() >= 1) {
      bucket.spend(1);
      refused = 0;
      return null;
    }
    refused += 1;
    return {
      limit: 'socket_events',
      retryAfterSeconds: bucket.secondsUntil(1),
      hopeless: refused > rate.burst,
    };
  };
}

/** Bytes of refused events count as well, since they were received and parsed. */
function createByteAllowance(rate: TokenRate): (bytes: number) => Excess | null {
  if (isUnlimited(rate)) return () => null;
  const bucket = createTokenBucket(rate);
  return (bytes) => {
    bucket.spend(bytes);
    const left = bucket.left();
    if (left >= 0) return null;
    return {
      limit: 'socket_bytes',
      retryAfterSeconds: bucket.secondsUntil(0),
      hopeless: left < -rate.burst,
    };
  };
}

/** Creates the allowance of each socket. */
export function createSocketAllowances(
  limits: CallServiceConfig['rateLimits'],
): () => SocketAllowance {
  const events = { perSecond: limits.socketEventsPerSecond, burst: limits.socketEventBurst };
  const bytes = { perSecond: limits.socketBytesPerSecond, burst: limits.socketByteBurst };
  return () => {
    const countEvent = createEventAllowance(events);
    const countBytes = createByteAllowance(bytes);
    return { receive: countBytes, event: () => countBytes(0) ?? countEvent() };
  };
}
