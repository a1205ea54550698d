import { z } from 'zod';
import { transientCodes } from './error-table.ts';

/** Counts code points, as `maxLength` of JSON Schema does. */
function countCharacters(text: string): number {
  return [...text].length;
}

/** Postgres stores neither NUL nor half a surrogate pair. */
function isStorable(text: string): boolean {
  return text.isWellFormed() && !text.includes('\0');
}

const NOT_STORABLE = 'holds characters that are no text';

export function storableText(maximum: number) {
  return z
    .string()
    .min(1)
    .refine((text) => countCharacters(text) <= maximum, `is longer than ${maximum} characters`)
    .refine(isStorable, NOT_STORABLE)
    .meta({ maxLength: maximum });
}

const LONGEST_USER_ID = 128;

/**
 * In the order in which they are checked. A slash separates ids in our keys, and the parts of a
 * path.
 */
const userIdFaults: readonly [fault: string, has: (id: string) => boolean][] = [
  ['is empty', (id) => id === ''],
  [`is longer than ${LONGEST_USER_ID} characters`, (id) => countCharacters(id) > LONGEST_USER_ID],
  ['holds a slash', (id) => id.includes('/')],
  ['holds white space', (id) => /\s/u.test(id)],
  ['holds a control character', (id) => /\p{Cc}/u.test(id)],
  [NOT_STORABLE, (id) => !isStorable(id)],
  ['is a path segment that every URL parser removes', (id) => id === '.' || id === '..'],
];

/** Why this is no user id, in words that follow the name of the field. Null for a valid id. */
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
      "The host app's id of a user: 1 to 128 characters, without white space, control characters and slashes.",
    example: 'ann',
    minLength: 1,
    maxLength: LONGEST_USER_ID,
    pattern: '^[^\\s/]+$',
  });

/** One device of a user: a tab, a phone. */
export const deviceId = storableText(64).meta({
  description: 'Names a device of the user: any text of 1 to 64 characters.',
  maxLength: 64,
});

export const callId = z.uuid('is not a call id').meta({ description: 'UUID v7 of a call.' });

export const idempotencyKey = z
  .string()
  .regex(/^[\x20-\x7e]{1,255}$/, 'is not 1 to 255 printable characters')
  .meta({
    description:
      'A repeat with the same key changes nothing and gets the answer of the first request. Kept for 24 hours per user. ' +
      `${transientCodes.join(', ')} may be gone a second later, so they are not kept: a repeat is decided again.`,
  });

export const scopes = ['user', 'service', 'admin'] as const;
export type Scope = (typeof scopes)[number];
