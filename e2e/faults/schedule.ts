import type { Fault } from './fault.ts';
import type { Random } from './random.ts';

/** The order of the faults, which depends on the seed alone. */
export interface Planned {
  readonly fault: Fault;
  /** The pause before it, so that it meets calls in every stage. */
  readonly afterMs: number;
}

/** Every fault once in random order, then again in another order, without end. */
export function* schedule(faults: readonly Fault[], random: Random): Generator<Planned> {
  for (;;) {
    for (const fault of random.shuffled(faults)) {
      yield { fault, afterMs: random.between(500, 3000) };
    }
  }
}
