import type { Publisher } from '@ringline/engine';
import type { Logger, Metrics } from '@ringline/platform';
import {
  type Ingested,
  type OutboxMessage,
  ranOutOfTime,
  type ScoredSample,
  type Store,
  StoreUnavailable,
} from '@ringline/store';
import type { Consumer, Entry } from './consumer.ts';
import { pauseAfter } from './pause.ts';
import type { RoundTrips } from './round-trips.ts';
import { scoredSampleOf } from './score.ts';

export interface KeepParts {
  store: Store;
  consumer: Consumer;
  publisher: Publisher;
  roundTrips: RoundTrips;
  logger: Logger;
  metrics: Metrics;
}

/** What arrived longer ago is kept, but nobody acts on it any more. */
const NEWS_FOR_MS = 15_000;

const NOTHING: Ingested = { stored: [], outbox: [] };

function together(a: Ingested, b: Ingested): Ingested {
  return {
    stored: [...a.stored, ...b.stored],
    outbox: [...a.outbox, ...b.outbox],
  };
}

/**
 * Keeps a batch: scores it, stores it, tells of lasting changes, and only then lets the stream forget it. Does not reject:
 * what cannot be stored until `signal` stays in the stream for another ingester, and what is stored and then not
 * forgotten comes again and is known.
 */
export function createKeep(parts: KeepParts) {
  const { store, consumer, publisher, roundTrips, logger, metrics } = parts;
  const count = (outcome: string, samples: number) =>
    metrics.qualitySamples.inc({ outcome }, samples);

  const whenAvailable = async (
    samples: readonly ScoredSample[],
    signal: AbortSignal,
  ): Promise<Ingested> => {
    for (let failures = 1; ; failures += 1) {
      try {
        const ingested = await store.quality.ingest(samples, Date.now() - NEWS_FOR_MS);
        count('duplicate', samples.length - ingested.stored.length);
        return ingested;
      } catch (error) {
        if (!(error instanceof StoreUnavailable) || signal.aborted) throw error;
        if (ranOutOfTime(error) && samples.length > 1) throw error;
        const log = failures === 1 ? logger.warn : logger.debug;
        log('quality samples wait for Postgres', { samples: samples.length, failures, error });
        await pauseAfter(failures, signal);
      }
    }
  };

  /**
   * Where the database refuses a batch for what is in it, halves of it are tried until the one at fault is alone. So are
   * halves of a batch that ran out of time.
   */
  const storeAll = async (
    samples: readonly ScoredSample[],
    signal: AbortSignal,
  ): Promise<Ingested> => {
    try {
      return await whenAvailable(samples, signal);
    } catch (error) {
      const tooSlow = ranOutOfTime(error) && !signal.aborted;
      if (error instanceof StoreUnavailable && !tooSlow) throw error;
      if (samples.length <= 1) {
        logger.error('a quality sample cannot be stored', { error });
        count('rejected', samples.length);
        return NOTHING;
      }
      const middle = Math.ceil(samples.length / 2);
      const first = await storeAll(samples.slice(0, middle), signal);
      return together(first, await storeAll(samples.slice(middle), signal));
    }
  };

  const isPublished = (messages: OutboxMessage[]): Promise<boolean> =>
    publisher.publish(messages).then(
      () => true,
      () => false, // The publisher says so in the log, and the cleanup worker publishes it later.
    );

  const tell = async ({ outbox }: Ingested): Promise<void> => {
    if (outbox.length === 0) return;
    const published = await isPublished(outbox.flatMap(({ messages }) => messages));
    if (published) await store.clearOutbox(outbox.map(({ id }) => id));
  };

  const measure = ({ stored }: Ingested): void => {
    count('stored', stored.length);
    const now = Date.now();
    for (const { arrivedAt, mos } of stored) {
      metrics.qualityLag.observe(Math.max(0, now - arrivedAt) / 1000);
      metrics.qualityMos.observe(mos);
    }
  };

  return async (entries: readonly Entry[], signal: AbortSignal): Promise<void> => {
    const samples = entries
      .map((entry) => scoredSampleOf(entry, roundTrips))
      .filter((sample) => sample !== null);
    if (samples.length < entries.length) count('rejected', entries.length - samples.length);
    try {
      const ingested = await storeAll(samples, signal);
      measure(ingested);
      await tell(ingested);
      await consumer.done(entries.map(([id]) => id));
    } catch (error) {
      logger.warn('quality samples were left in the stream', { samples: samples.length, error });
    }
  };
}
