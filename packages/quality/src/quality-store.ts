import { bindTo, type Database } from '@ringline/store';
import { storeSamples } from './ingest/store-samples.ts';
import { listRatings, saveRating } from './ratings/ratings.ts';
import { findParticipation } from './report/participation.ts';
import { assignFirstId } from './report/sample-ids.ts';
import { dropPartitions, makePartitions } from './retention/partitions.ts';
import { createSummarise, listParticipants } from './summaries/summaries.ts';
import { listStreamQualities } from './trends/notices.ts';

/** Each is documented where it is written. */
const statements = {
  ...{ findParticipation, assignFirstId, storeSamples },
  ...{ listStreamQualities, listParticipants },
  ...{ saveRating, listRatings },
  ...{ makePartitions, dropPartitions },
};

/** The quality of streams and calls in Postgres. Rejects with `StoreUnavailable` as the store does. */
export function createQualityStore(database: Database) {
  return { ...bindTo(database, statements), summarise: createSummarise(database) };
}

export interface QualityStore extends ReturnType<typeof createQualityStore> {}
