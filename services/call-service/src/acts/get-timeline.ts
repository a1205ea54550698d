import type { ActAnswer, ActInput } from '@ringline/contract';
import { callNotFound } from '@ringline/domain';
import type { Principal } from '../identity/principal.ts';
import { badCursor, ok, type Result } from '../result.ts';
import type { ActParts } from './act.ts';
import { loadReadable } from './load-readable.ts';

export async function getTimeline(
  parts: ActParts,
  principal: Principal,
  { callId, ...query }: ActInput<'getTimeline'>,
): Promise<Result<ActAnswer<'getTimeline'>>> {
  if ((await loadReadable(parts, principal, callId)) === null) return { refusal: callNotFound };
  const page = await parts.engine.store.getTimeline(callId, query);
  return 'badCursor' in page ? badCursor : ok(page);
}
