import type { HistoryQuery, historyAnswer, Stats } from '@ringline/contract';
import { toWireCall } from '@ringline/engine';
import type { Store } from '@ringline/store';
import type { z } from 'zod';
import type { Principal, UserPrincipal } from '../identity/principal.ts';
import { ok, type Result } from '../result.ts';
import { badCursor } from './calls.ts';

/** The asker's own calls. A cursor says where to go on, never whose calls to list. */
export async function getHistory(
  store: Store,
  principal: UserPrincipal,
  query: HistoryQuery,
): Promise<Result<z.infer<typeof historyAnswer>>> {
  const page = await store.listHistory(principal.person.userId, query);
  if ('badCursor' in page) return badCursor;
  const entries = page.entries.map(({ call, ...entry }) => ({ ...entry, call: toWireCall(call) }));
  return ok({ entries, nextCursor: page.nextCursor });
}

/** The asker's own calls in numbers; an operator's are all calls. */
export async function getStats(store: Store, principal: Principal): Promise<Result<Stats>> {
  return ok(await store.getStats(principal.person?.userId ?? null));
}
