import type { ActInput } from '@ringline/contract';
import { toPerson } from '../identity/headers.ts';
import { verifyUser } from '../identity/token-verifier.ts';
import { ok, type Result, refused } from '../result.ts';
import type { ActParts, SocketPrincipal } from './act.ts';

/** Takes a new token of the same user, so that the socket stays open when the old one expires. */
export async function refreshToken(
  { verifyToken }: ActParts,
  { socket }: SocketPrincipal,
  { token }: ActInput<'refreshToken'>,
): Promise<Result<object>> {
  const claims = await verifyUser(verifyToken, token);
  if (claims.refusal !== null) return claims;
  if (claims.data.sub !== socket.data.person.userId) {
    return refused('FORBIDDEN', 'The token belongs to another user than the one who connected.');
  }
  socket.data.person = toPerson(claims.data);
  socket.data.expiresAt = claims.data.expiresAt;
  return ok({});
}
