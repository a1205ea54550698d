export { createConsumer } from './ingest/consumer.ts';
export { startIngestion } from './ingest/ingestion.ts';
export { needsToIngest } from './ingest/redis-needs.ts';
export { createStoreBatch } from './ingest/store-batch.ts';
export { createQualityStore, type QualityStore } from './quality-store.ts';
export type { Participation } from './report/participation.ts';
export {
  appendSamples,
  QUALITY_STREAM,
  type ReportedSample,
  type SampleId,
} from './report/redis-stream.ts';
export type { ScoredSample } from './score/score.ts';
export type { StreamQuality } from './trends/notices.ts';
