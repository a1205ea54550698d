import { z } from 'zod';
import { transientCodes } from './error-table.ts';

/** Counts code points, as `maxLength` of JSON Schema does. */
function countCharacters(text: string): number {
  return [...text].length;
}

/** Postgres stores neither NUL nor lone surrogates. */
function isStorable(text: string): boolean {
  return text.isWellFormed() && !text.includes('\0');
}

const NOT_STORABLE = 'contains characters that cannot be stored';

export function storableText(maximum: number) {
  return z
    .string()
    .min(1)
    .refine((text) => countCharacters(text) <= maximum, `is longer than ${maximum} characters`)
    .refine(isStorable, NOT_STORABLE)
    .meta({ maxLength: maximum });
}

const LONGEST_USER_ID = 128;

/** In the order of the checks. A slash is the separator in Redis keys and URL paths. */
const userIdFaults: readonly [fault: string, has: (id: string) => boolean][] = [
  ['is empty', (id) => id === ''],
  [`is longer than ${LONGEST_USER_ID} characters`, (id) => countCharacters(id) > LONGEST_USER_ID],
  ['contains a slash', (id) => id.includes('/')],
  ['contains white space', (id) => /\s/u.test(id)],
  ['contains a control character', (id) => /\p{Cc}/u.test(id)],
  [NOT_STORABLE, (id) => !isStorable(id)],
  ['is a path segment that every URL parser removes', (id) => id === '.' || id === '..'],
];

/**
 * Describes why a user id is invalid, in words that follow the name of the field. Null if it is
 * valid.
 */
export function userIdFault(id: string): string | null {
  return userIdFaults.find(([, has]) => has(id))?.[0] ?? null;
}

/** The host app's id of a user. */
export const userId = z
  .string()
  .superRefine((id, context) => {
    const fault = userIdFault(id);
    if (fault !== null) context.addIssue({ code: 'custom', message: fault });
  })
  .meta({
    description:
      "The host app's id of a user: 1 to 128 characters, without white space, control characters or slashes.",
    example: 'ann',
    minLength: 1,
    maxLength: LONGEST_USER_ID,
    pattern: '^[^\\s/]+$',
  });

/** One device of a user, such as a tab or a phone. */
export const deviceId = storableText(64).meta({
  description: 'Identifies a device of the user: any text of 1 to 64 characters.',
  maxLength: 64,
});

export const callId = z.uuid('is not a call id').meta({ description: 'UUID v7 of a call.' });

export const idempotencyKey = z
  .string()
  .regex(/^[\x20-\x7e]{1,255}$/, 'is not 1 to 255 printable characters')
  .meta({
    description:
      'A repeat with the same key changes nothing and gets the response of the first request. Stored for 24 hours per user. ' +
      `${transientCodes.join(', ')} are temporary and not stored: a repeat is decided again.`,
  });

export const scopes = ['user', 'service', 'admin'] as const;
export type Scope = (typeof scopes)[number];
