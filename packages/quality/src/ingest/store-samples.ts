import type { Instant } from '@ringline/domain';
import { type Database, type OutboxEntry, StoreUnavailable } from '@ringline/store';
import { isContention, isDuplicate, lacksPartition } from '@ringline/store/sql';
import { makePartitionsFor } from '../retention/partitions.ts';
import type { ScoredSample } from '../score/score.ts';
import { addNotices } from '../trends/notices.ts';
import { findAffectedStreams, updateTrends } from '../trends/trends.ts';
import { copySamples, dropStored } from './samples.ts';

export interface StoredSamples {
  /** Without those that were stored before. */
  stored: readonly ScoredSample[];
  /** Notices of lasting changes, to be published and then cleared. */
  outbox: readonly OutboxEntry[];
}

async function storeTogether(
  db: Database,
  samples: readonly ScoredSample[],
  since: Instant,
): Promise<StoredSamples> {
  const affected = await findAffectedStreams(db, samples, since);
  return db.transaction(async (tx) => {
    await copySamples(tx, samples);
    const changes = await updateTrends(tx, affected, samples, since);
    return { stored: samples, outbox: await addNotices(tx, changes) };
  });
}

/**
 * Stores samples with their trends and notices, all or nothing. Samples that arrived before `since`
 * cause no notices. Rows are locked in the order of their keys, so that processes that store the
 * same samples do not deadlock.
 */
export async function storeSamples(
  db: Database,
  samples: readonly ScoredSample[],
  since: Instant,
): Promise<StoredSamples> {
  const inOrder = samples.toSorted((a, b) => a.arrivedAt - b.arrivedAt || a.sequence - b.sequence);
  try {
    return await storeTogether(db, inOrder, since);
  } catch (error) {
    if (isContention(error)) throw new StoreUnavailable(error);
    // Samples come twice after an ingester died between storing and acknowledging them.
    if (isDuplicate(error)) return storeSamples(db, await dropStored(db, inOrder), since);
    if (!lacksPartition(error)) throw error;
    await makePartitionsFor(
      db,
      inOrder.map(({ arrivedAt }) => arrivedAt),
    );
    return storeSamples(db, inOrder, since);
  }
}
