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

/**
 * The events that a client may send. Each is acknowledged. The parsed payload is the input of its
 * act. Transforms rename the fields that have another name in REST.
 */
export const clientEvents = {
  'call:start': startBody.safeExtend({ idempotencyKey: idempotencyKey.optional() }),
  'call:cancel_start': startBody.safeExtend({ idempotencyKey }).meta({
    description:
      'The exact payload of an unanswered call:start. Ends its call. If there is none, that start never creates one.',
  }),
  'call:invite': inviteBody.extend({ ...ofCall, idempotencyKey: idempotencyKey.optional() }),
  'call:ringing': z.strictObject(ofCall),
  'call:accept': joinBody.extend(ofCall),
  'call:decline': declineBody.extend(ofCall),
  'call:leave': z.strictObject(ofCall),
  'call:end': z.strictObject(ofCall),
  'call:toggle_audio': toggle.transform(({ enabled, ...rest }) => ({
    ...rest,
    audioEnabled: enabled,
  })),
  'call:toggle_video': toggle.transform(({ enabled, ...rest }) => ({
    ...rest,
    videoEnabled: enabled,
  })),
  'call:toggle_screen_share': toggle.transform(({ enabled, ...rest }) => ({
    ...rest,
    screenSharing: enabled,
  })),
  'call:quality_update': z
    .strictObject({ ...ofCall, sample: qualitySample })
    .transform(({ sample, ...rest }) => ({ ...rest, samples: [sample] })),
  'call:sync': z.strictObject({
    calls: z
      .record(callId, z.number().int().nonnegative())
      .refine((known) => Object.keys(known).length <= 50, 'names more than 50 calls')
      .optional(),
  }),
  'auth:refresh': z.strictObject({ token: z.string().min(1).max(8192) }),
  ping: z.strictObject({}).meta({ description: 'Checks that the connection is alive.' }),
  'webrtc:offer': relay,
  'webrtc:answer': relay,
  'webrtc:ice_candidate': relay,
} as const;

export type ClientEventName = keyof typeof clientEvents;
/** As clients send them. */
export type ClientEvents = { [Name in ClientEventName]: z.input<(typeof clientEvents)[Name]> };
/** As the acts take them. */
export type ClientEventInputs = {
  [Name in ClientEventName]: z.output<(typeof clientEvents)[Name]>;
};
