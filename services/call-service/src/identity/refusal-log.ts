import type { Refusal } from '@ringline/domain';
import type { Logger } from '@ringline/platform';

/** Logs why a client was refused: because of its token, Origin, headers, or the way it connects. */
export type LogRefusal = (refusal: Refusal, fields: Record<string, unknown>) => void;

const WINDOW_MS = 60_000;

/** Clients can cause any number of different messages. */
const MOST_AT_ONCE = 20;

/**
 * Warns of the first refusal with each message within a minute, since a wrong setting may refuse
 * everyone. The others are logged at `debug`, or a client with an invalid token could fill the
 * disk.
 */
export function createLogRefusal(logger: Logger): LogRefusal {
  const warnedAt = new Map<string, number>();

  const isFirst = (reason: string): boolean => {
    const now = performance.now();
    for (const [said, at] of warnedAt) if (now - at >= WINDOW_MS) warnedAt.delete(said);
    if (warnedAt.has(reason) || warnedAt.size >= MOST_AT_ONCE) return false;
    warnedAt.set(reason, now);
    return true;
  };

  return ({ code, message }, fields) => {
    const log = isFirst(message) ? logger.warn : logger.debug;
    log('a client was refused', { ...fields, code, reason: message });
  };
}
