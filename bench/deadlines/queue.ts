/** The name of the queue. */
export const MISSED = 'missed';

export interface Timeout {
  id: number;
}

/**
 * As fast as pg-boss goes: it asks as often as it lets itself be asked, at once again while there is more, and takes as
 * many jobs at a time as our worker takes calls. One transaction has the work of them all and their completion.
 */
export const WORK = {
  pollingIntervalSeconds: 0.5,
  burstWhenBatchFull: true,
  batchSize: 200,
  transactional: true,
} as const;
