import type { HistoryQuery, historyAnswer, Stats } from '@ringline/contract';
import { toWireCall } from '@ringline/engine';
import type { Store } from '@ringline/store';
import type { z } from 'zod';
import { type Answer, answered } from '../answer.ts';
import type { Asker, UserAsker } from '../identity/asker.ts';
import { badCursor } from './calls.ts';

/** The asker's own calls. A cursor says where to go on, never whose calls to list. */
export async function getHistory(
  store: Store,
  asker: UserAsker,
  query: HistoryQuery,
): Promise<Answer<z.infer<typeof historyAnswer>>> {
  const page = await store.history(asker.person.userId, query);
  if ('badCursor' in page) return badCursor;
  const entries = page.entries.map(({ call, ...entry }) => ({ ...entry, call: toWireCall(call) }));
  return answered({ entries, nextCursor: page.nextCursor });
}

/** The asker's own calls in numbers; an operator's are all calls. */
export async function getStats(store: Store, asker: Asker): Promise<Answer<Stats>> {
  return answered(await store.stats(asker.person?.userId ?? null));
}
