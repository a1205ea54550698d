import { z } from 'zod';
import { transientCodes } from './error-table.ts';

/** What people call a character: half of a surrogate pair is none. JSON Schema's `maxLength` counts in the same way. */
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

/** In the order in which they are tried. A slash separates ids in keys of ours, and parts of a path. */
const userIdFaults: readonly [fault: string, has: (id: string) => boolean][] = [
  ['is empty', (id) => id === ''],
  [`is longer than ${LONGEST_USER_ID} characters`, (id) => countCharacters(id) > LONGEST_USER_ID],
  ['holds a slash', (id) => id.includes('/')],
  ['holds white space', (id) => /\s/u.test(id)],
  ['holds a control character', (id) => /\p{Cc}/u.test(id)],
  [NOT_STORABLE, (id) => !isStorable(id)],
  ['is a path segment that every URL parser removes', (id) => id === '.' || id === '..'],
];

/** Why this is no user id, as what follows the name of the field; null where it is one. */
export function userIdFault(id: string): string | null {
  return userIdFaults.find(([, has]) => has(id))?.[0] ?? null;
}

/** An id of the host app's own user. */
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

/** One place where a user is: a tab, a phone. */
export const deviceId = storableText(64).meta({
  description: 'Tells the devices of a user apart: any text of 1 to 64 characters.',
  maxLength: 64,
});

export const callId = z.uuid('is not a call id').meta({ description: 'UUID v7 of a call.' });

export const idempotencyKey = z
  .string()
  .regex(/^[\x20-\x7e]{1,255}$/, 'is not 1 to 255 printable characters')
  .meta({
    description:
      'A repeat with the same key changes nothing, and is answered as the first request was. Kept for 24 hours per user. ' +
      `${transientCodes.join(', ')} may be gone a second later, and are not kept: a repeat is decided again.`,
  });

export const scopes = ['user', 'service', 'admin'] as const;
export type Scope = (typeof scopes)[number];
