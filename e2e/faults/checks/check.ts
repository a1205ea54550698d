import type { Ledger, LedgerViolation } from '../ledger.ts';
import type { World } from '../world.ts';

export type Violation = LedgerViolation;

/** A time during which samples may be lost. `Date.now()` */
export interface Loss {
  readonly from: number;
  readonly to: number;
}

export interface Evidence {
  readonly world: World;
  readonly ledger: Ledger;
  readonly losses: readonly Loss[];
}

/** Says what is wrong at the moment; empty when all is well. */
export type Look = () => Promise<readonly Violation[]>;

/** Something that must hold again so long after a fault. */
export interface Check {
  readonly name: string;
  readonly withinMs: number;
  /** Called at the end of a fault; may note how things stand then. */
  begin(evidence: Evidence): Promise<Look>;
}
