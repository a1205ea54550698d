export const MISSED = 'missed';

export interface Timeout {
  id: number;
}

/**
 * The fastest settings of pg-boss: it polls as often as it can, and at once again while there are
 * more jobs. It takes as many jobs at a time as our worker takes calls, and does and completes them
 * in one transaction.
 */
export const WORK = {
  pollingIntervalSeconds: 0.5,
  burstWhenBatchFull: true,
  batchSize: 200,
  transactional: true,
} as const;
