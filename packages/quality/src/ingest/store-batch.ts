import type { Instant } from '@ringline/domain';
import type { Logger, Metrics } from '@ringline/platform';
import { type OutboxMessage, ranOutOfTime, type Store, StoreUnavailable } from '@ringline/store';
import type { QualityStore } from '../quality-store.ts';
import { parseEntry } from '../report/redis-stream.ts';
import { createRoundTrips } from '../score/round-trips.ts';
import { type ScoredSample, scoreSample } from '../score/score.ts';
import type { Consumer, Entry } from './consumer.ts';
import { pauseAfter } from './pause.ts';
import type { StoredSamples } from './store-samples.ts';

export interface StoreBatchParts {
  quality: Pick<QualityStore, 'storeSamples'>;
  store: Pick<Store, 'clearOutbox'>;
  consumer: Pick<Consumer, 'acknowledge'>;
  publisher: { publish(messages: OutboxMessage[]): Promise<void> };
  logger: Logger;
  metrics: Metrics;
}

/**
 * Stores a batch, publishes its notices, and only then acknowledges it. Never rejects: a batch that
 * cannot be stored before `signal` is aborted stays in the stream for another ingester. One that is
 * stored but not acknowledged is read again, and its rows are recognized.
 */
export type StoreBatch = (entries: readonly Entry[], signal: AbortSignal) => Promise<void>;

/** Older samples are stored, but cause no notices. */
const NEWS_FOR_MS = 15_000;

const NOTHING: StoredSamples = { stored: [], outbox: [] };

export function createStoreBatch(parts: StoreBatchParts): StoreBatch {
  const { quality, store, consumer, publisher, logger, metrics } = parts;
  const roundTrips = createRoundTrips();
  const count = (outcome: string, samples: number) =>
    metrics.qualitySamples.inc({ outcome }, samples);

  const score = (entries: readonly Entry[]): ScoredSample[] => {
    const samples = entries
      .map((entry) => parseEntry(...entry))
      .filter((sample) => sample !== null)
      .map((sample) => scoreSample(sample, roundTrips));
    if (samples.length < entries.length) count('rejected', entries.length - samples.length);
    return samples;
  };

  /**
   * Retries while Postgres is unavailable. A transaction that ran out of time needs a smaller batch
   * instead.
   */
  const storeWhenAvailable = async (
    samples: readonly ScoredSample[],
    signal: AbortSignal,
  ): Promise<StoredSamples> => {
    for (let failures = 1; ; failures += 1) {
      try {
        const since: Instant = Date.now() - NEWS_FOR_MS;
        const result = await quality.storeSamples(samples, since);
        count('duplicate', samples.length - result.stored.length);
        return result;
      } catch (error) {
        if (!(error instanceof StoreUnavailable) || signal.aborted) throw error;
        if (ranOutOfTime(error) && samples.length > 1) throw error;
        const log = failures === 1 ? logger.warn : logger.debug;
        log('quality samples wait for Postgres', { samples: samples.length, failures, error });
        await pauseAfter(failures, signal);
      }
    }
  };

  /** Halves what Postgres refuses, until the sample at fault is alone, and what ran out of time. */
  const storeInParts = async (
    samples: readonly ScoredSample[],
    signal: AbortSignal,
  ): Promise<StoredSamples> => {
    try {
      return await storeWhenAvailable(samples, signal);
    } catch (error) {
      const tooSlow = ranOutOfTime(error) && !signal.aborted;
      if (error instanceof StoreUnavailable && !tooSlow) throw error;
      if (samples.length <= 1) {
        logger.error('a quality sample cannot be stored', { error });
        count('rejected', samples.length);
        return NOTHING;
      }
      const middle = Math.ceil(samples.length / 2);
      const first = await storeInParts(samples.slice(0, middle), signal);
      const second = await storeInParts(samples.slice(middle), signal);
      return {
        stored: [...first.stored, ...second.stored],
        outbox: [...first.outbox, ...second.outbox],
      };
    }
  };

  const publish = async ({ outbox }: StoredSamples): Promise<void> => {
    if (outbox.length === 0) return;
    try {
      await publisher.publish(outbox.flatMap(({ messages }) => messages));
    } catch {
      return; // The publisher logs it, and the cleanup worker publishes the outbox later.
    }
    await store.clearOutbox(outbox.map(({ id }) => id));
  };

  const measure = ({ stored }: StoredSamples): void => {
    count('stored', stored.length);
    const now = Date.now();
    for (const { arrivedAt, mos } of stored) {
      metrics.qualityLag.observe(Math.max(0, now - arrivedAt) / 1000);
      metrics.qualityMos.observe(mos);
    }
  };

  return async (entries, signal) => {
    const samples = score(entries);
    try {
      const result = await storeInParts(samples, signal);
      measure(result);
      await publish(result);
      await consumer.acknowledge(entries.map(([id]) => id));
    } catch (error) {
      logger.warn('quality samples were left in the stream', { samples: samples.length, error });
    }
  };
}
