import { createHash } from 'node:crypto';
import type { IdempotencyRequest } from '@ringline/engine';
import type { Principal } from '../identity/principal.ts';

/** The key of a request that may be repeated. */
export type IdempotencyKey = string | undefined;

function getKeyOwner({ person, scope, subject }: Principal): string {
  // No user id has a slash, so an operator shares keys with no user.
  return person === null ? `${scope}/${subject}` : person.userId;
}

/**
 * A request may be repeated at a process of another release, so its digest keeps the names of 0.1.
 */
const DIGESTED_NAMES: ReadonlyMap<string, string> = new Map([
  ['acknowledge_ring', 'ring_ack'],
  ['force_end', 'admin_end'],
]);

/** Identifies a repeated request: by its key, its command and everything that was asked. */
export function toIdempotency(
  principal: Principal,
  key: IdempotencyKey,
  command: string,
  asked: object,
  status = 200,
): IdempotencyRequest | undefined {
  if (key === undefined) return undefined;
  const fingerprint = createHash('sha256')
    .update(JSON.stringify([DIGESTED_NAMES.get(command) ?? command, asked]))
    .digest('base64url');
  return { userId: getKeyOwner(principal), key, fingerprint, status };
}
