import { createHash } from 'node:crypto';
import type { IdempotencyRequest } from '@ringline/engine';
import type { Principal } from '../identity/principal.ts';

/** The `Idempotency-Key` of a request, if any. */
export type IdempotencyKey = string | undefined;

function getKeyOwner({ person, scope, subject }: Principal): string {
  // User ids contain no slash, so operators and users do not share keys.
  return person === null ? `${scope}/${subject}` : person.userId;
}

/**
 * A request may be repeated at a process of another release, so fingerprints use the names of 0.1.
 */
const FINGERPRINT_NAMES: ReadonlyMap<string, string> = new Map([
  ['acknowledge_ring', 'ring_ack'],
  ['force_end', 'admin_end'],
]);

/** Identifies a repeated request by its key, its command and its input. */
export function toIdempotency(
  principal: Principal,
  key: IdempotencyKey,
  command: string,
  input: object,
  status = 200,
): IdempotencyRequest | undefined {
  if (key === undefined) return undefined;
  const fingerprint = createHash('sha256')
    .update(JSON.stringify([FINGERPRINT_NAMES.get(command) ?? command, input]))
    .digest('base64url');
  return { userId: getKeyOwner(principal), key, fingerprint, status };
}
