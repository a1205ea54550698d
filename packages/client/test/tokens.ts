/** An unsigned JWT: what the SDK reads of a token needs no signature. */
export function tokenFor(
  userId: string,
  expiresAtMs: number,
  note = '',
  issuedAtMs?: number,
): string {
  const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const claims = {
    sub: userId,
    exp: Math.floor(expiresAtMs / 1000),
    name: `${userId} ☎ ${note}`,
    ...(issuedAtMs !== undefined && { iat: Math.floor(issuedAtMs / 1000) }),
  };
  return `${encode({ alg: 'none' })}.${encode(claims)}.`;
}
