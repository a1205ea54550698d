import type { ActAnswer, ActInput } from '@ringline/contract';
import { toWireCall } from '@ringline/engine';
import type { UserPrincipal } from '../identity/principal.ts';
import { badCursor, ok, type Result } from '../result.ts';
import type { ActParts } from './act.ts';

/** Lists the user's own calls. A cursor says where to go on, never whose calls to list. */
export async function getHistory(
  { engine }: ActParts,
  { person }: UserPrincipal,
  query: ActInput<'getHistory'>,
): Promise<Result<ActAnswer<'getHistory'>>> {
  const page = await engine.store.listHistory(person.userId, query);
  if ('badCursor' in page) return badCursor;
  const entries = page.entries.map(({ call, ...entry }) => ({ ...entry, call: toWireCall(call) }));
  return ok({ entries, nextCursor: page.nextCursor });
}
