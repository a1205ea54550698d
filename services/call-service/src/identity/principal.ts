import type { Scope } from '@ringline/contract';
import type { Person } from '@ringline/domain';
import type { Origin } from '@ringline/engine';

/** Who asks for something, once their token was believed. */
export interface Principal {
  /** The user that they act as; null for an operator: an `admin`, or a `service` that acts for nobody. */
  person: Person | null;
  scope: Scope;
  /** The `sub` of the token. */
  subject: string;
  /** The device that they named; null for one who is held to none. */
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

/** How the engine records whose act something was. */
export function toOrigin(principal: Principal): Origin {
  return {
    actor: principal.person === null ? principal.scope : `user:${principal.person.userId}`,
    requestId: principal.requestId,
    traceId: principal.traceId,
    deviceId: principal.deviceId,
    receivedAt: principal.receivedAt,
  };
}

/** Whether the user is in the call on another device. One who named no device is held to none. */
export function isOnAnotherDevice(
  principal: Principal,
  { deviceId }: { deviceId: string | null },
): boolean {
  return deviceId !== null && principal.deviceId !== null && deviceId !== principal.deviceId;
}
