import type { ActAnswer, ActInput } from '@ringline/contract';
import { toWireCall } from '@ringline/engine';
import type { UserPrincipal } from '../identity/principal.ts';
import { ok, type Result } from '../result.ts';
import type { ActParts } from './act.ts';
import { command } from './command.ts';
import { connectionFor } from './connection.ts';

/** Accepts, takes over or rejoins, depending on the state of the participant. */
export async function join(
  parts: ActParts,
  principal: UserPrincipal,
  input: ActInput<'join'>,
): Promise<Result<ActAnswer<'join'>>> {
  const { person, deviceId } = principal;
  const { takeover = false, rejoin = false } = input;
  const request = { name: 'join', person, deviceId, takeover, rejoin } as const;
  const outcome = await command(parts, principal, input, request);
  if (outcome.refusal !== null) return { refusal: outcome.refusal };
  const { call, status } = outcome;
  await parts.rings.answered(call, person.userId);
  const connection = await connectionFor(parts, principal, call);
  return ok({ call: toWireCall(call), ...connection }, status);
}
