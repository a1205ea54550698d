import { type Claims, userId as userIdSchema } from '@ringline/contract';
import type { Person } from '@ringline/domain';
import { type Answer, answered, invalid, refused } from '../answer.ts';

export const personOf = ({ sub, name, picture }: Claims): Person => ({
  userId: sub,
  name: name ?? null,
  picture: picture ?? null,
});

/**
 * The user that a request acts as; null for an operator. Only a `service` may name another user than the
 * one whom its token is about.
 */
export const actsAs = (claims: Claims, namedUser: string | undefined): Answer<Person | null> => {
  if (namedUser !== undefined && claims.scope !== 'service') {
    return refused('FORBIDDEN', 'Only a service acts for another user.');
  }
  if (claims.scope === 'user') return answered(personOf(claims));
  if (namedUser === undefined) return answered(null);
  const parsed = userIdSchema.safeParse(namedUser);
  if (!parsed.success) return invalid('Ringline-User', 'is not a user id');
  return answered({ userId: parsed.data, name: null, picture: null });
};
