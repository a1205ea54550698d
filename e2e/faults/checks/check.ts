import type { Ledger, LedgerViolation } from '../ledger.ts';
import type { World } from '../world.ts';

export type Violation = LedgerViolation;

/** A period in which samples may be lost, in `Date.now()`. */
export interface Loss {
  readonly from: number;
  readonly to: number;
}

export interface Evidence {
  readonly world: World;
  readonly ledger: Ledger;
  readonly losses: readonly Loss[];
}

/** Returns the violations at this moment. */
export type Look = () => Promise<readonly Violation[]>;

/** An invariant that must hold again some time after a fault. */
export interface Check {
  readonly name: string;
  readonly withinMs: number;
  /** Called at the end of a fault. It may record the state of that moment. */
  begin(evidence: Evidence): Promise<Look>;
}
