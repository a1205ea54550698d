import type { ActAnswer, ActInput } from '@ringline/contract';
import { callNotFound } from '@ringline/domain';
import { toWireCall } from '@ringline/engine';
import type { Principal } from '../identity/principal.ts';
import { ok, type Result } from '../result.ts';
import type { ActParts } from './act.ts';
import { loadReadable } from './load-readable.ts';

export async function getCall(
  parts: ActParts,
  principal: Principal,
  { callId }: ActInput<'getCall'>,
): Promise<Result<ActAnswer<'getCall'>>> {
  const call = await loadReadable(parts, principal, callId);
  return call === null ? { refusal: callNotFound } : ok({ call: toWireCall(call) });
}
