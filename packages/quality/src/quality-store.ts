import type { ParticipantQuality, Rating } from '@ringline/contract';
import type { Instant } from '@ringline/domain';
import type { Database } from '@ringline/store';
import { type StoredSamples, storeSamples } from './ingest/store-samples.ts';
import { listRatings, type NewRating, type RatingKey, saveRating } from './ratings/ratings.ts';
import { findParticipation, type Participation } from './report/participation.ts';
import type { SampleId } from './report/redis-stream.ts';
import { assignFirstId, type ReportKey } from './report/sample-ids.ts';
import { dropPartitions, makePartitions } from './retention/partitions.ts';
import type { ScoredSample } from './score/score.ts';
import { createSummarise, listParticipants } from './summaries/summaries.ts';
import { listStreamQualities, type StreamQuality } from './trends/notices.ts';

/**
 * The quality of streams and calls in Postgres. Rejects with `StoreUnavailable` as the store does.
 */
export interface QualityStore {
  // Reports
  /** null if the user is no participant, or there is no such call. */
  findParticipation(callId: string, userId: string): Promise<Participation | null>;
  /** The id of a report's first sample; null if a report with this key was answered meanwhile. */
  assignFirstId(callId: string, now: Instant, key: ReportKey | undefined): Promise<SampleId | null>;
  /** Stores samples, trends and notices together. Samples from before `since` cause no notices. */
  storeSamples(samples: readonly ScoredSample[], since: Instant): Promise<StoredSamples>;

  // Queries
  /**
   * The last published quality of each stream in these calls that ever changed, until they are
   * summarised.
   */
  listStreamQualities(callIds: readonly string[]): Promise<StreamQuality[]>;
  /** Summaries and rating of each participant who reported or rated the call. */
  listParticipants(callId: string): Promise<ParticipantQuality[]>;

  // Ratings
  /**
   * Replaces the user's rating. Returns null, and writes nothing, if the key is held with an
   * answer.
   */
  saveRating(rating: NewRating, key: RatingKey | null): Promise<Rating | null>;
  /** Keyed by the users who gave them. */
  listRatings(callId: string): Promise<Map<string, Rating>>;

  // Upkeep
  /** Creates the partitions of today and tomorrow; returns how many were missing. */
  makePartitions(): Promise<number>;
  /** Drops the partitions older than this; returns how many. */
  dropPartitions(days: number): Promise<number>;
  /** Summarises up to `limit` streams of calls that ended a while ago; returns how many. */
  summarise(limit: number): Promise<number>;
}

export function createQualityStore(db: Database): QualityStore {
  return {
    findParticipation: (callId, userId) => findParticipation(db, callId, userId),
    assignFirstId: (callId, now, key) => assignFirstId(db, callId, now, key),
    storeSamples: (samples, since) => storeSamples(db, samples, since),
    listStreamQualities: (callIds) => listStreamQualities(db, callIds),
    listParticipants: (callId) => listParticipants(db, callId),
    saveRating: (rating, key) => saveRating(db, rating, key),
    listRatings: (callId) => listRatings(db, callId),
    makePartitions: () => makePartitions(db),
    dropPartitions: (days) => dropPartitions(db, days),
    summarise: createSummarise(db),
  };
}
