import type { QualityDirection, QualitySample } from '@ringline/contract';
import { RinglineError } from '../errors.ts';
import type { LineStats, VideoLimits } from '../media/room.ts';
import type { ClientLogger } from '../options.ts';
import { pause } from '../retry.ts';
import type { Signalling } from '../signalling/signalling.ts';
import { measureLine } from './measure.ts';

const DIRECTIONS: readonly QualityDirection[] = ['send', 'receive'];
/** Where the service does not say how long to be silent. */
const SILENCE_MS = 60_000;

export interface SamplingDeps {
  callId: string;
  intervalMs: number;
  /** On what it is measured. */
  device: string | null;
  request: Signalling['request'];
  /** null while no media flows. */
  readStats(): Promise<LineStats | null>;
  limits(): VideoLimits;
  logger: ClientLogger;
}

/**
 * Measures the line every interval and tells the service, until the signal is aborted. One report at a time, and none
 * twice: one that gets no answer in time is old. Never rejects.
 */
export async function sampleLine(deps: SamplingDeps, signal: AbortSignal): Promise<void> {
  const { callId, intervalMs, device, request, readStats, limits, logger } = deps;
  let before: LineStats | null = null;
  let silentUntil = 0;

  const samplesOf = (then: LineStats, now: LineStats): QualitySample[] =>
    DIRECTIONS.flatMap((direction) => {
      // Nothing goes this way. Where that is our own doing, the line must be watched all the same.
      if (now[direction].length === 0 && limits()[direction] !== 'none') return [];
      const measured = measureLine(direction, then, now);
      const at = new Date().toISOString();
      return measured ? [{ at, direction, ...measured, ...(device !== null && { device }) }] : [];
    });

  const report = async (sample: QualitySample) => {
    if (signal.aborted || Date.now() < silentUntil) return;
    try {
      await request('call:quality_update', { callId, sample }, intervalMs);
    } catch (error) {
      logger.debug('a quality sample was not taken', { callId, error });
      if (error instanceof RinglineError && error.code === 'RATE_LIMITED') {
        const { retryAfterSeconds } = error.details;
        silentUntil = Date.now() + (retryAfterSeconds ? retryAfterSeconds * 1000 : SILENCE_MS);
      }
    }
  };

  const measure = async () => {
    const now = await readStats();
    const samples = before && now ? samplesOf(before, now) : [];
    before = now;
    for (const sample of samples) await report(sample);
  };

  while (!signal.aborted) {
    try {
      await measure();
    } catch (error) {
      logger.warn('the line was not measured', { callId, error });
    }
    await pause(intervalMs, signal);
  }
}
