import type { ParticipantQuality, Rating as WireRating } from '@ringline/contract';
import type { Instant } from '@ringline/domain';
import type { Database } from '../database.ts';
import { createIngest, type Ingested } from './ingest.ts';
import { dropPartitions, makePartitions } from './partitions.ts';
import {
  findParticipation,
  type IdempotencyKey,
  type Participation,
  type Rating,
  rate,
  ratingsOf,
} from './ratings.ts';
import type { ScoredSample } from './samples.ts';
import { createSummarise, qualityOf } from './summaries.ts';
import { type ToldLine, toldIn } from './trends.ts';

/** How lines are and how calls were. Rejects as the rest of the store does. */
export interface QualityStore {
  /** Stores samples and what follows from them; those that arrived before `followSince` are no news. */
  ingest(samples: readonly ScoredSample[], followSince: Instant): Promise<Ingested>;

  // By and for users
  /** null for one who is no participant, or where there is no such call. */
  findParticipation(callId: string, userId: string): Promise<Participation | null>;
  /** What was last told of each line in these calls that ever changed, while they are not over. */
  toldIn(callIds: readonly string[]): Promise<ToldLine[]>;
  /** Of each participant who reported or rated the call. */
  of(callId: string): Promise<ParticipantQuality[]>;
  /** null if the idempotency key is there already; then nothing was written. */
  rate(rating: Rating, key: IdempotencyKey | null): Promise<WireRating | null>;
  /** By the ids of those who gave them. */
  ratingsOf(callId: string): Promise<Map<string, WireRating>>;

  // Upkeep
  /** Today's and tomorrow's; returns how many were missing. */
  makePartitions(): Promise<number>;
  /** Of more than so many days ago; returns how many there were. */
  dropPartitions(days: number): Promise<number>;
  /** Summarises up to `limit` lines of calls that are over; returns how many there were. */
  summarise(limit: number): Promise<number>;
}

export function createQualityStore(db: Database): QualityStore {
  return {
    ingest: createIngest(db),
    findParticipation: (callId, userId) => findParticipation(db, callId, userId),
    toldIn: (callIds) => toldIn(db, callIds),
    of: (callId) => qualityOf(db, callId),
    rate: (rating, key) => rate(db, rating, key),
    ratingsOf: (callId) => ratingsOf(db, callId),
    makePartitions: () => makePartitions(db),
    dropPartitions: (days) => dropPartitions(db, days),
    summarise: createSummarise(db),
  };
}
