import type { ActAnswer, ActInput } from '@ringline/contract';
import { toWireCall } from '@ringline/engine';
import type { UserPrincipal } from '../identity/principal.ts';
import { ok, type Result } from '../result.ts';
import type { ActParts } from './act.ts';

export async function listActiveCalls(
  { engine }: ActParts,
  { person }: UserPrincipal,
  { conversationId }: ActInput<'listActiveCalls'>,
): Promise<Result<ActAnswer<'listActiveCalls'>>> {
  const active = await engine.store.listActiveCalls(person.userId, conversationId ?? null);
  return ok({ calls: active.map(({ call }) => toWireCall(call)) });
}
