import type { Fault } from './fault.ts';
import type { Random } from './random.ts';

/** Which fault comes when. Made from the seed alone. */
export interface Planned {
  readonly fault: Fault;
  /** Calm before it, so that it meets calls in every stage. */
  readonly afterMs: number;
}

/** Every fault once in an order of chance, then again in another one, without end. */
export function* schedule(faults: readonly Fault[], random: Random): Generator<Planned> {
  for (;;) {
    for (const fault of random.shuffled(faults)) {
      yield { fault, afterMs: random.between(500, 3000) };
    }
  }
}
