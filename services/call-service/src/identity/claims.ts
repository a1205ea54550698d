import { type Scope, userIdFault } from '@ringline/contract';
import type { CallServiceConfig } from '@ringline/platform';
import { ok, type Result, refused } from '../result.ts';
import { type Profile, toProfile } from './profile.ts';

/** The claims of a token that the service uses. */
export interface Claims extends Profile {
  sub: string;
  scope: Scope;
  /** Its `exp`, in milliseconds since the epoch. */
  expiresAt: number;
}

type Payload = Readonly<Record<string, unknown>>;
type Rules = Pick<CallServiceConfig['auth'], 'issuer' | 'audience' | 'roleClaim'>;

/** Allows for an issuer whose clock is a little ahead. */
const CLOCK_TOLERANCE_SECONDS = 5;

/** Tokens cannot be revoked, so their lifetime is limited. */
const LONGEST_LIFE_DAYS = 31;
const LONGEST_LIFE_SECONDS = LONGEST_LIFE_DAYS * 24 * 3600;

/** In seconds this is the year 5138, in milliseconds 1973. */
const SURELY_MILLISECONDS = 1e11;
const IN_MILLISECONDS = 'is in milliseconds; it must be in seconds since 1970';

/** Reads own properties only: `__proto__` is not a claim. */
function getClaim(payload: Payload, name: string): unknown {
  return Object.hasOwn(payload, name) ? payload[name] : undefined;
}

function subFault(sub: unknown): string | null {
  if (sub === undefined) return 'is missing';
  return typeof sub === 'string' ? userIdFault(sub) : 'is not a string';
}

function expFault(exp: unknown, now: number): string | null {
  if (exp === undefined || exp === null) return 'is missing; a token must expire';
  if (typeof exp !== 'number') return 'is not a number of seconds since 1970';
  if (exp >= SURELY_MILLISECONDS) return IN_MILLISECONDS;
  if (exp <= now) return 'has passed: the token has expired';
  return exp > now + LONGEST_LIFE_SECONDS + CLOCK_TOLERANCE_SECONDS
    ? `is more than ${LONGEST_LIFE_DAYS} days from now`
    : null;
}

function nbfFault(nbf: unknown, now: number): string | null {
  if (nbf === undefined || nbf === null) return null;
  if (typeof nbf !== 'number') return 'is not a number of seconds since 1970';
  if (nbf >= SURELY_MILLISECONDS) return IN_MILLISECONDS;
  return nbf > now + CLOCK_TOLERANCE_SECONDS
    ? 'is in the future: the token is not valid yet'
    : null;
}

function issFault(iss: unknown, issuer: string | null): string | null {
  if (issuer === null || iss === issuer) return null;
  return iss === undefined ? 'is missing' : 'is not the AUTH_JWT_ISSUER of this service';
}

function audFault(aud: unknown, audience: string | null): string | null {
  if (audience === null) return null;
  if (aud === undefined) return 'is missing';
  return [aud].flat().includes(audience) ? null : 'is not the AUTH_JWT_AUDIENCE of this service';
}

/** Other values belong to the identity provider and mean a user. */
function toScope(role: unknown): Scope {
  return role === 'service' || role === 'admin' ? role : 'user';
}

/**
 * Reads the claims of a token whose signature is valid. `now` is in milliseconds. The refusal names
 * the claim and the rule.
 */
export function readClaims(payload: Payload, rules: Rules, now: number): Result<Claims> {
  const given = (name: string) => getClaim(payload, name);
  const faults: [claim: string, fault: string | null][] = [
    ['sub', subFault(given('sub'))],
    ['exp', expFault(given('exp'), now / 1000)],
    ['nbf', nbfFault(given('nbf'), now / 1000)],
    ['iss', issFault(given('iss'), rules.issuer)],
    ['aud', audFault(given('aud'), rules.audience)],
  ];
  const [claim, fault] = faults.find(([, fault]) => fault !== null) ?? [];
  if (claim !== undefined) return refused('UNAUTHENTICATED', `The token's ${claim} ${fault}.`);
  return ok({
    ...toProfile({ name: given('name'), picture: given('picture') }),
    sub: given('sub') as string,
    scope: toScope(given(rules.roleClaim)),
    expiresAt: (given('exp') as number) * 1000,
  });
}
