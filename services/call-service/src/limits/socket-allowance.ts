import type { CallServiceConfig } from '@ringline/platform';
import { createTokenBucket, type TokenRate } from './token-bucket.ts';

/** Why a socket must not send an event just now. */
export interface Excess {
  limit: 'socket_events' | 'socket_bytes';
  retryAfterSeconds: number;
  /** It went on for so long in spite of refusals that answering is a waste. */
  hopeless: boolean;
}

/** What one socket may send. A socket is with one process, so no other process needs to know. */
export interface SocketAllowance {
  /** Counts bytes that arrived, whether they are an event or not. */
  receive(bytes: number): Excess | null;
  /** Counts an event, unless it is refused. */
  event(): Excess | null;
}

function isUnlimited({ perSecond, burst }: TokenRate): boolean {
  return perSecond === 0 || burst === 0;
}

/** Refused events cost nothing, so a client that waits as long as it is told to may send again. */
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

/** Bytes cost something even if their event is refused, since they were received and parsed by then. */
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

/** Makes the allowance of each socket. */
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
