import type { ActAnswer, ActInput } from '@ringline/contract';
import type { UserPrincipal } from '../identity/principal.ts';
import { ok, type Result } from '../result.ts';
import type { ActParts } from './act.ts';
import { command } from './command.ts';
import { connectionFor } from './connection.ts';

/** Issues fresh media credentials to a user who is in the call. */
export async function requestToken(
  parts: ActParts,
  principal: UserPrincipal,
  input: ActInput<'requestToken'>,
): Promise<Result<ActAnswer<'requestToken'>>> {
  const { person, deviceId } = principal;
  const request = { name: 'token', person, deviceId, takeover: input.takeover ?? false } as const;
  const outcome = await command(parts, principal, input, request);
  if (outcome.refusal !== null) return { refusal: outcome.refusal };
  return ok(await connectionFor(parts, principal, outcome.call), outcome.status);
}
