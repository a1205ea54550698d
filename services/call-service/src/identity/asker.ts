import type { Scope } from '@ringline/contract';
import type { Person } from '@ringline/domain';
import type { Origin } from '@ringline/engine';

/** Who asks for something, once their token was believed. */
export interface Asker {
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

export interface UserAsker extends Asker {
  person: Person;
}

export function isUser(asker: Asker): asker is UserAsker {
  return asker.person !== null;
}

/** How the engine records whose act something was. */
export function originOf(asker: Asker): Origin {
  return {
    actor: asker.person === null ? asker.scope : `user:${asker.person.userId}`,
    requestId: asker.requestId,
    traceId: asker.traceId,
    deviceId: asker.deviceId,
    receivedAt: asker.receivedAt,
  };
}

/** Whether the user is in the call on another device. One who named no device is held to none. */
export function isElsewhere(asker: Asker, { deviceId }: { deviceId: string | null }): boolean {
  return deviceId !== null && asker.deviceId !== null && deviceId !== asker.deviceId;
}
