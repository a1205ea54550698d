import type { Server } from '@ringline/testing/server';

export interface Load {
  count: number;
  /** The first deadline is so far away, and the last one a second later. */
  inSeconds: number;
}

/** Epoch milliseconds, by the clock of Postgres. */
interface DecidedOnce {
  due: number;
  committed: number;
}

/** Something that decides what nobody has decided by its deadline, with two workers. */
export interface Contender {
  workers: readonly Server[];
  /** Returns the first deadline. */
  begin(load: Load): Promise<Date>;
  /** How many are to be decided yet, or to be told of. */
  left(): Promise<number>;
  /** All that were due since then. Rejects where one of them was not decided exactly once. */
  decided(first: Date): Promise<DecidedOnce[]>;
}
