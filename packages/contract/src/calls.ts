import { z } from 'zod';
import { callId, userId } from './identity.ts';
import {
  call,
  connection,
  conversationId,
  historyEntry,
  instant,
  metadata,
  participant,
} from './objects.ts';
import {
  callModes,
  callStates,
  callTypes,
  declineReasons,
  directions,
  outcomes,
  trackKinds,
} from './states.ts';

function distinct(ids: string[]) {
  return new Set(ids).size === ids.length;
}
const others = z.array(userId).min(1).max(7).refine(distinct, 'names a user twice');

export const startBody = z
  .strictObject({
    type: z.enum(callTypes),
    participantIds: others,
    mode: z
      .enum(callModes)
      .optional()
      .meta({ description: 'Default: direct for one callee, group for more.' }),
    conversationId: conversationId.optional(),
    metadata: metadata.optional(),
    ringTimeoutSeconds: z.number().int().min(5).max(180).optional(),
  })
  .refine((body) => body.mode !== 'direct' || body.participantIds.length === 1, {
    path: ['mode'],
    message: 'a direct call has one callee',
  });
export type StartBody = z.infer<typeof startBody>;

export const joinBody = z.strictObject({
  takeover: z.boolean().optional().meta({ description: 'Move the call to this device.' }),
  rejoin: z.boolean().optional().meta({ description: 'Come back after leaving.' }),
});
export const declineBody = z.strictObject({ reason: z.enum(declineReasons).optional() });
export const inviteBody = z.strictObject({ participantIds: others });
export const tokenBody = z.strictObject({ takeover: z.boolean().optional() });
export const emptyBody = z.strictObject({});
export const muteBody = z.strictObject({ kind: z.enum(trackKinds) });
export const hostBody = z.strictObject({ userId });
export const participantPatch = z
  .strictObject({
    audioEnabled: z.boolean().optional(),
    videoEnabled: z.boolean().optional(),
    screenSharing: z.boolean().optional(),
  })
  .refine((patch) => Object.keys(patch).length > 0, 'changes nothing');

export const callParams = z.object({ callId });
export const participantParams = z.object({ callId, userId });

/** The largest `integer` in Postgres. */
const LARGEST_SEQ = 2_147_483_647;

const limit = z.coerce.number().int().min(1).max(100).default(20);
const cursor = z.string().max(512).optional();

/** Large enough for all events of an ordinary call, since older clients read one page only. */
const LONGEST_PAGE = 1000;
const longLimit = z.coerce.number().int().min(1).max(LONGEST_PAGE).default(LONGEST_PAGE);

export const eventsQuery = z.strictObject({
  after: z.coerce
    .number()
    .int()
    .min(0)
    .max(LARGEST_SEQ)
    .default(0)
    .meta({ description: 'The seq of the last known event.' }),
  limit: longLimit.meta({
    description: 'If the page is full, request the next one `after` its last event.',
  }),
});
export const timelineQuery = z.strictObject({ limit: longLimit, cursor });
export const historyQuery = z.strictObject({
  limit,
  cursor,
  type: z.enum(callTypes).optional(),
  outcome: z.enum(outcomes).optional(),
  direction: z.enum(directions).optional(),
  conversationId: conversationId.optional(),
});
export type HistoryQuery = z.infer<typeof historyQuery>;
export const activeQuery = z.strictObject({ conversationId: conversationId.optional() });
export const callsQuery = z.strictObject({
  limit,
  cursor,
  userId: userId.optional(),
  state: z.enum(callStates).optional(),
  conversationId: conversationId.optional(),
  from: z.iso.datetime({ offset: true }).optional(),
  to: z.iso.datetime({ offset: true }).optional(),
});
export type CallsQuery = z.infer<typeof callsQuery>;

export const callAnswer = z.object({ call });

/** Missing only if the user of a repeated request may no longer have it. */
const ownConnection = connection.optional();
export const startAnswer = z.object({
  call,
  connection: ownConnection,
  merged: z
    .literal(true)
    .optional()
    .meta({ description: 'The callee started a call with the caller at the same moment.' }),
});
export const joinAnswer = z.object({ call, connection: ownConnection });
export const connectionAnswer = z.object({ connection: ownConnection });
export const participantAnswer = z.object({ participant });
export const callsAnswer = z.object({ calls: z.array(call) });
/**
 * The response to `call:sync`, and the payload of a `call:sync` that the service sends on its own.
 */
export const syncAnswer = callsAnswer.extend({
  now: instant.optional().meta({
    description:
      "The service's current time, so that a client with a wrong clock can compute the duration of a call. " +
      'Missing if there is no call.',
  }),
});
export type SyncAnswer = z.infer<typeof syncAnswer>;
export const callPageAnswer = z.object({ calls: z.array(call), nextCursor: z.string().nullable() });
export const historyAnswer = z.object({
  entries: z.array(historyEntry),
  nextCursor: z.string().nullable(),
});
