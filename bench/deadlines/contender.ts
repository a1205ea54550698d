import type { Server } from '@ringline/testing/server';

export interface Load {
  count: number;
  /** How far away the first deadline is. The last one is a second later. */
  inSeconds: number;
}

/** Epoch milliseconds, by the clock of Postgres. */
interface DecidedOnce {
  due: number;
  committed: number;
}

/** Two workers that decide what is still open at its deadline. */
export interface Contender {
  workers: readonly Server[];
  /** Returns the first deadline. */
  begin(load: Load): Promise<Date>;
  /** How many are not yet decided and published. */
  left(): Promise<number>;
  /** All that were due since then. Rejects if one of them was not decided exactly once. */
  decided(first: Date): Promise<DecidedOnce[]>;
}
