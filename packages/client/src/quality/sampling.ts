import type { QualityDirection, QualitySample } from '@ringline/contract';
import { isRateLimited } from '../errors.ts';
import type { MediaStats, VideoLimits } from '../media/room.ts';
import type { ClientLogger } from '../options.ts';
import { pause } from '../retry.ts';
import type { Signalling } from '../signalling/signalling.ts';
import { measureStreams } from './measure.ts';

const DIRECTIONS: readonly QualityDirection[] = ['send', 'receive'];
/** For a refusal without `Retry-After`. */
const PAUSE_MS = 60_000;

export interface SamplingDeps {
  callId: string;
  intervalMs: number;
  /** The name of the browser and its system. */
  device: string | null;
  request: Signalling['request'];
  /** Null while no media flow. */
  readStats(): Promise<MediaStats | null>;
  getLimits(): VideoLimits;
  logger: ClientLogger;
}

/**
 * Measures the streams in each interval and reports them to the service, until the signal is
 * aborted. Sends one sample at a time, and none twice: one without an answer in time is outdated.
 * Never rejects.
 */
export async function reportSamples(deps: SamplingDeps, signal: AbortSignal): Promise<void> {
  const { callId, intervalMs, device, request, readStats, getLimits, logger } = deps;
  let before: MediaStats | null = null;
  let pausedUntil = 0;

  const createSamples = (then: MediaStats, now: MediaStats): QualitySample[] =>
    DIRECTIONS.flatMap((direction) => {
      // Nothing flows this way. Where that is because video is held back, the network is still
      // measured.
      if (now[direction].length === 0 && getLimits()[direction] !== 'none') return [];
      const measured = measureStreams(direction, then, now);
      const at = new Date().toISOString();
      return measured ? [{ at, direction, ...measured, ...(device !== null && { device }) }] : [];
    });

  const report = async (sample: QualitySample) => {
    if (signal.aborted || Date.now() < pausedUntil) return;
    try {
      await request('call:quality_update', { callId, sample }, intervalMs);
    } catch (error) {
      logger.debug('the service did not accept a quality sample', { callId, error });
      if (isRateLimited(error)) {
        const { retryAfterSeconds } = error.details;
        pausedUntil = Date.now() + (retryAfterSeconds ? retryAfterSeconds * 1000 : PAUSE_MS);
      }
    }
  };

  const measure = async () => {
    const now = await readStats();
    const samples = before && now ? createSamples(before, now) : [];
    before = now;
    for (const sample of samples) await report(sample);
  };

  while (!signal.aborted) {
    try {
      await measure();
    } catch (error) {
      logger.warn('measuring failed', { callId, error });
    }
    await pause(intervalMs, signal);
  }
}
