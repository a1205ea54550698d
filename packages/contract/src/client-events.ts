import { z } from 'zod';
import { declineBody, inviteBody, joinBody, startBody } from './calls.ts';
import { callId, idempotencyKey, userId } from './identity.ts';
import { qualitySample } from './quality.ts';

const ofCall = { callId };
const RELAY_MAX_BYTES = 65_536;

const toggle = z.strictObject({ ...ofCall, enabled: z.boolean() });

const relay = z
  .looseObject({ ...ofCall, to: userId })
  .refine(
    (payload) => new TextEncoder().encode(JSON.stringify(payload)).length <= RELAY_MAX_BYTES,
    'is larger than 64 KiB',
  );

/** What a client may send, each answered by an acknowledgement. */
export const clientEvents = {
  'call:start': startBody.safeExtend({ idempotencyKey: idempotencyKey.optional() }),
  'call:cancel_start': startBody.safeExtend({ idempotencyKey }).meta({
    description:
      'The very payload of a call:start that had no answer: its call is ended, and if there is none, that start never begins ' +
      'one. It has no twin in REST, where a repeat with the same key tells the call.',
  }),
  'call:invite': inviteBody.extend({ ...ofCall, idempotencyKey: idempotencyKey.optional() }),
  'call:ringing': z.strictObject(ofCall),
  'call:accept': joinBody.extend(ofCall),
  'call:decline': declineBody.extend(ofCall),
  'call:leave': z.strictObject(ofCall),
  'call:end': z.strictObject(ofCall),
  'call:toggle_audio': toggle,
  'call:toggle_video': toggle,
  'call:toggle_screen_share': toggle,
  'call:quality_update': z.strictObject({ ...ofCall, sample: qualitySample }),
  'call:sync': z.strictObject({
    calls: z
      .record(callId, z.number().int().nonnegative())
      .refine((known) => Object.keys(known).length <= 50, 'names more than 50 calls')
      .optional(),
  }),
  'auth:refresh': z.strictObject({ token: z.string().min(1).max(8192) }),
  ping: z
    .strictObject({})
    .meta({ description: 'Asks for an answer, to see whether the line is alive.' }),
  'webrtc:offer': relay,
  'webrtc:answer': relay,
  'webrtc:ice_candidate': relay,
} as const;

export type ClientEventName = keyof typeof clientEvents;
export type ClientEvents = { [Name in ClientEventName]: z.infer<(typeof clientEvents)[Name]> };
