/** For packages with their own SQL on the same database. */
export { createBatchSize } from './batch-size.ts';
export { isContention, isDuplicate, lacksPartition } from './database-errors.ts';
export { saveIdempotent } from './idempotency.ts';
export { toInstant, toIso } from './instants.ts';
export { loadMany } from './load.ts';
export { fillOutbox } from './outbox.ts';
export { statement } from './statement.ts';
