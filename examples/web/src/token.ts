import { createSecretKey } from 'node:crypto';
import { SignJWT } from 'jose';
import type { Person } from './people.ts';
import type { Settings } from './settings.ts';

/** Signs a person's identity for Ringline. Only the host app's server can do that. */
export type SignToken = (person: Person) => Promise<string>;

export function createSignToken({ secret, issuer, audience }: Settings['jwt']): SignToken {
  const key = createSecretKey(Buffer.from(secret));
  return ({ id, name }) => {
    const token = new SignJWT({ name })
      .setProtectedHeader({ alg: 'HS256' })
      .setSubject(id)
      .setIssuedAt()
      .setExpirationTime('1h');
    if (issuer !== null) token.setIssuer(issuer);
    if (audience !== null) token.setAudience(audience);
    return token.sign(key);
  };
}
