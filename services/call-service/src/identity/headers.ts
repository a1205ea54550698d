import { deviceId as deviceIdSchema, userIdFault } from '@ringline/contract';
import type { Person, Refusal } from '@ringline/domain';
import type { Request } from 'express';
import { ok, type Result, refused } from '../result.ts';
import type { Claims } from './claims.ts';
import { type LogFaults, toProfile } from './profile.ts';

const BEARER = /^Bearer +([^ ]+) *$/i;

function refusedHeader(name: string, fault: string): { refusal: Refusal } {
  return {
    refusal: {
      code: 'VALIDATION_FAILED',
      message: `The header ${name} ${fault}.`,
      errors: [{ path: name, message: fault }],
    },
  };
}

function decodedUtf8(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return null; // Not UTF-8.
  }
}

function percentDecoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // It contains a plain percent sign.
  }
}

/**
 * Reads the text of a header, which should be percent-encoded UTF-8, since HTTP guarantees ASCII
 * only. Text that is not encoded is used unchanged.
 */
function readHeaderText(request: Request, name: string): string | undefined {
  const header = request.get(name);
  if (header === undefined) return undefined;
  // Node reads each byte of a header as one character.
  return percentDecoded(decodedUtf8(Buffer.from(header, 'latin1')) ?? header);
}

export function readToken(request: Request): Result<string> {
  const header = request.get('Authorization');
  if (header === undefined) {
    return refused(
      'UNAUTHENTICATED',
      'The header Authorization is missing. It must be Bearer and a token.',
    );
  }
  const [, token] = BEARER.exec(header) ?? [];
  return token === undefined
    ? refused('UNAUTHENTICATED', 'The header Authorization is not Bearer and one token.')
    : ok(token);
}

/** Null if the request names no device. */
export function readDevice(request: Request): Result<string | null> {
  const device = readHeaderText(request, 'Ringline-Device');
  if (device === undefined) return ok(null);
  const parsed = deviceIdSchema.safeParse(device);
  return parsed.success
    ? ok(parsed.data)
    : refusedHeader('Ringline-Device', 'is not a text of 1 to 64 characters');
}

export function toPerson({ sub, name, picture }: Claims): Person {
  return {
    userId: sub,
    name,
    picture,
  };
}

const FOR_SERVICES = ['Ringline-User', 'Ringline-User-Name', 'Ringline-User-Picture'] as const;

/**
 * Reads the user that a request acts as; null for an operator. Only a `service` may act for a user
 * other than its token's `sub`. It also gives the name and picture that other users see.
 */
export function readPerson(
  request: Request,
  claims: Claims,
  logFaults: LogFaults,
): Result<Person | null> {
  const named = FOR_SERVICES.find((name) => request.get(name) !== undefined);
  if (named !== undefined && claims.scope !== 'service') {
    return refused(
      'FORBIDDEN',
      `The header ${named} is only for the role service, but the token's role is ${claims.scope}.`,
    );
  }
  if (claims.scope === 'user') return ok(toPerson(claims));
  const userId = readHeaderText(request, 'Ringline-User');
  if (userId === undefined) return ok(null);
  const fault = userIdFault(userId);
  if (fault !== null) return refusedHeader('Ringline-User', fault);
  const { name, picture, faults } = toProfile({
    name: readHeaderText(request, 'Ringline-User-Name'),
    picture: readHeaderText(request, 'Ringline-User-Picture'),
  });
  logFaults(userId, faults);
  return ok({ userId, name, picture });
}
