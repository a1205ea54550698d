import type { Access, Scope } from '@ringline/contract';
import type { Person, Refusal } from '@ringline/domain';
import type { Origin } from '@ringline/engine';
import { refused } from '../result.ts';

/** The authenticated sender of a request. */
export interface Principal {
  /**
   * The user that the sender acts as. Null for an operator: an `admin`, or a `service` that acts
   * for no user.
   */
  person: Person | null;
  scope: Scope;
  /** The `sub` of the token. */
  subject: string;
  /**
   * The device that the request names. A request without one may act for every device of the user.
   */
  deviceId: string | null;
  requestId: string;
  traceId: string | null;
  /** `performance.now()` when the request came in. */
  receivedAt: number;
}

export interface UserPrincipal extends Principal {
  person: Person;
}

export function isUser(principal: Principal): principal is UserPrincipal {
  return principal.person !== null;
}

const FORBIDDEN: ReadonlyMap<Access, string> = new Map([
  ['user', 'Only a request that acts as a user may do that.'],
  ['operator', 'Only operators may do that.'],
]);

function isPermitted(principal: Principal, access: Access): boolean {
  return access === 'anyone' || (access === 'user') === isUser(principal);
}

/** Refuses a principal who may not use this access. Null if they may. */
export function refuseUnlessPermitted(principal: Principal, access: Access): Refusal | null {
  if (isPermitted(principal, access)) return null;
  return refused('FORBIDDEN', FORBIDDEN.get(access) ?? 'You may not do that.').refusal;
}

/** The actor that the engine records. */
export function toOrigin(principal: Principal): Origin {
  return {
    actor: principal.person === null ? principal.scope : `user:${principal.person.userId}`,
    requestId: principal.requestId,
    traceId: principal.traceId,
    deviceId: principal.deviceId,
    receivedAt: principal.receivedAt,
  };
}
