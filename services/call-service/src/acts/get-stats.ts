import type { ActAnswer } from '@ringline/contract';
import type { Principal } from '../identity/principal.ts';
import { ok, type Result } from '../result.ts';
import type { ActParts } from './act.ts';

/** Counts the user's own calls; for an operator, all calls. */
export async function getStats(
  { engine }: ActParts,
  { person }: Principal,
): Promise<Result<ActAnswer<'getStats'>>> {
  return ok(await engine.store.getStats(person?.userId ?? null));
}
