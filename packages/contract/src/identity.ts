import { z } from 'zod';
import { transientCodes } from './error-table.ts';

/** Postgres stores neither NUL nor half a surrogate pair, and nobody means to send one. */
export const storableText = (maximum: number) =>
  z
    .string()
    .min(1)
    .max(maximum)
    .refine(
      (text) => text.isWellFormed() && !text.includes('\0'),
      'holds characters that are no text',
    );

/** An id of the host app's own user. */
export const userId = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._:@|+-]{0,127}$/, 'is not a user id')
  .meta({ description: "The host app's id of a user.", example: 'ann' });

/** One place where a user is: a tab, a phone. */
export const deviceId = storableText(64).meta({
  description: 'Tells the devices of a user apart.',
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

/**
 * What the host app signs about a user. `exp` is required: a token without an end is one that cannot be
 * taken back. `name` and `picture` are shown to the others in a call.
 */
export const claims = z.object({
  sub: userId,
  exp: z.number().int().positive(),
  name: storableText(128).optional(),
  picture: storableText(2048).optional(),
  scope: z.enum(scopes).default('user'),
});
export type Claims = z.infer<typeof claims>;
