import type { ActAnswer, ActInput } from '@ringline/contract';
import { callNotFound } from '@ringline/domain';
import type { Principal } from '../identity/principal.ts';
import { ok, type Result } from '../result.ts';
import type { ActParts } from './act.ts';
import { loadReadable } from './load-readable.ts';

export async function listEvents(
  parts: ActParts,
  principal: Principal,
  { callId, after, limit }: ActInput<'listEvents'>,
): Promise<Result<ActAnswer<'listEvents'>>> {
  const call = await loadReadable(parts, principal, callId);
  if (call === null) return { refusal: callNotFound };
  return ok({ events: await parts.engine.store.listEvents(callId, after, limit) });
}
