import type { Logger } from '@ringline/platform';
import type { Refusal } from '../result.ts';

/** Notes why somebody was not let in: by their token, their origin, a header, or how they connect. */
export type NoteRefusal = (refusal: Refusal, fields: Record<string, unknown>) => void;

const WINDOW_MS = 60_000;

/** Of what a client can word, there is no end. */
const MOST_AT_ONCE = 20;

/**
 * The first refusal of each kind within a minute is a warning, since it may be a setting that keeps everybody out. The others
 * are for debugging, or whoever sends bad tokens would fill the disk.
 */
export function createNoteRefusal(logger: Logger): NoteRefusal {
  const warnedAt = new Map<string, number>();

  const isNews = (reason: string): boolean => {
    const now = performance.now();
    for (const [said, at] of warnedAt) if (now - at >= WINDOW_MS) warnedAt.delete(said);
    if (warnedAt.has(reason) || warnedAt.size >= MOST_AT_ONCE) return false;
    warnedAt.set(reason, now);
    return true;
  };

  return ({ code, message }, fields) => {
    const log = isNews(message) ? logger.warn : logger.debug;
    log('a client was refused', { ...fields, code, reason: message });
  };
}
