import { type Instant, isInCall } from '@ringline/domain';
import type { Queries } from '../database.ts';
import {
  type Database,
  isContention,
  isDuplicate,
  lacksPartition,
  StoreUnavailable,
} from '../database.ts';
import { loadMany } from '../load.ts';
import { fillOutbox, type OutboxEntry, type OutboxMessage } from '../outbox.ts';
import { type CalmLines, createCalmLines } from './calm-lines.ts';
import { makePartitionsFor } from './partitions.ts';
import { insertNewSamples, insertSamples, type ScoredSample } from './samples.ts';
import { followTrends, noticeOf, type QualityChange } from './trends.ts';

export interface Ingested {
  /** Those that were not there already. */
  stored: readonly ScoredSample[];
  /** Changes that last, to be published and then cleared. */
  outbox: OutboxEntry[];
}

function messageOf(change: QualityChange, to: string[]): OutboxMessage {
  return {
    event: 'call:quality_changed',
    payload: noticeOf(change),
    to,
  };
}

/** Puts what changed into the outbox: for everyone in the call, if the one whose line it is still is. */
async function announce(tx: Queries, changes: readonly QualityChange[]): Promise<OutboxEntry[]> {
  if (changes.length === 0) return [];
  const loaded = await loadMany(tx, [...new Set(changes.map(({ callId }) => callId))]);
  return fillOutbox(
    tx,
    loaded.map(({ call }) => {
      const inIt = call.participants.filter(isInCall).map(({ userId }) => userId);
      const news = changes.filter(
        ({ callId, userId }) => callId === call.id && inIt.includes(userId),
      );
      return { callId: call.id, messages: news.map((change) => messageOf(change, inIt)) };
    }),
  );
}

type Insert = typeof insertSamples;

/** All of it or nothing. */
async function store(
  db: Database,
  calm: CalmLines,
  samples: readonly ScoredSample[],
  followSince: Instant,
  insert: Insert,
): Promise<Ingested> {
  const isNews = await calm.whatIsNews();
  // What is no news is looked at with its line locked, too: the call may be over, and about to be summarised.
  const isFollowed = (sample: ScoredSample) => sample.arrivedAt < followSince || isNews(sample);
  // One statement is all or nothing by itself. A line that begins to move meanwhile is not followed outside of a transaction.
  if (!samples.some(isFollowed)) return { stored: await insert(db, samples), outbox: [] };
  const { followed, ...ingested } = await db.transaction(async (tx) => {
    const stored = await insert(tx, samples);
    const followed = await followTrends(tx, stored.filter(isFollowed), stored, followSince);
    const outbox = await announce(
      tx,
      followed.flatMap(({ changes }) => changes),
    );
    return { stored, outbox, followed };
  });
  await calm.note(followed);
  return ingested;
}

/**
 * Stores samples and what follows from them, all of it or nothing; what is there already is left as it is. Those that
 * arrived before `followSince` are stored, and nobody is told of them. Locks in the order of keys, so that two who
 * store the same samples do not wait for each other in a circle.
 */
export function createIngest(db: Database) {
  const calm = createCalmLines(db);

  /** Looking for what is there already costs a fifth more, and is needed only after somebody died: so it is tried without. */
  const storeNew = async (
    samples: readonly ScoredSample[],
    followSince: Instant,
  ): Promise<Ingested> => {
    try {
      return await store(db, calm, samples, followSince, insertSamples);
    } catch (error) {
      if (!isDuplicate(error)) throw error;
      return store(db, calm, samples, followSince, insertNewSamples);
    }
  };

  return async (samples: readonly ScoredSample[], followSince: Instant): Promise<Ingested> => {
    const inOrder = samples.toSorted(
      (a, b) => a.arrivedAt - b.arrivedAt || a.sequence - b.sequence,
    );
    try {
      return await storeNew(inOrder, followSince);
    } catch (error) {
      if (isContention(error)) throw new StoreUnavailable(error);
      if (!lacksPartition(error)) throw error;
      await makePartitionsFor(
        db,
        inOrder.map(({ arrivedAt }) => arrivedAt),
      );
      return storeNew(inOrder, followSince);
    }
  };
}
