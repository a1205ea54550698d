import { SignJWT } from 'jose';

/** Every token that was signed, so that a test can search for leaked ones. */
export const signedTokens: string[] = [];

/** Signs a token as the host app does, for an hour by default. */
export async function signToken(
  secret: string,
  claims: Record<string, unknown>,
  lifeSeconds = 3600,
): Promise<string> {
  const now = Math.floor(Date.now() / 1000);
  const token = await new SignJWT({ exp: now + lifeSeconds, ...claims })
    .setProtectedHeader({ alg: 'HS256' })
    .sign(new TextEncoder().encode(secret));
  signedTokens.push(token);
  return token;
}
