import { z } from 'zod';
import { callId, storableText, userId } from './identity.ts';
import {
  callModes,
  callStates,
  callTypes,
  directions,
  endReasons,
  outcomes,
  participantStates,
  roles,
} from './states.ts';

const METADATA_MAX_BYTES = 4096;
const UNSTORABLE_ESCAPE = /(?<!\\)(?:\\\\)*\\u(?:0000|d[89a-f][0-9a-f]{2})/;

/** An instant in JSON: ISO 8601 with milliseconds, in UTC. */
export const instant = z.iso
  .datetime({ precision: 3 })
  .meta({ description: 'ISO 8601, milliseconds, UTC.', example: '2026-01-31T12:00:00.000Z' });

/** Data of the host app about a call. Ringline only stores and returns it. */
export const metadata = z
  .record(z.string(), z.unknown())
  .refine(
    (value) => new TextEncoder().encode(JSON.stringify(value)).length <= METADATA_MAX_BYTES,
    'is larger than 4 KiB',
  )
  .refine(
    (value) => !UNSTORABLE_ESCAPE.test(JSON.stringify(value)),
    'contains characters that cannot be stored',
  )
  .meta({
    description: "The host app's own data, at most 4 KiB as JSON. Ringline does not read it.",
  });

export const conversationId = storableText(255).meta({
  description: "The host app's id of the conversation that the call belongs to.",
});

export const participant = z
  .object({
    userId,
    name: z.string().nullable(),
    picture: z.string().nullable(),
    role: z.enum(roles),
    state: z.enum(participantStates),
    audioEnabled: z.boolean(),
    videoEnabled: z.boolean(),
    screenSharing: z.boolean(),
    deviceHash: z
      .string()
      .nullable()
      .optional()
      .meta({
        description:
          "Identifies the device on which they are in this call. Only the user's own devices recognize it. The first 16 " +
          'bytes of SHA-256 over callId/userId/deviceId, in hexadecimal. null while they are not in the call, or if ' +
          'their request named no device. Release 0.1 omits it.',
      }),
    invitedBy: userId.nullable().meta({ description: 'null for the initiator.' }),
    invitedAt: instant,
    ringingAt: instant
      .nullable()
      .meta({ description: 'When one of their devices reported that it is ringing.' }),
    ringExpiresAt: instant.nullable(),
    joinedAt: instant.nullable().meta({ description: 'When they joined first.' }),
    leftAt: instant.nullable().meta({ description: 'null while in the call.' }),
    durationSeconds: z.number().int().nonnegative().meta({
      description:
        'The time they spent in the call, from when it was connected; updated when they leave.',
    }),
  })
  .meta({ id: 'Participant' });
export type Participant = z.infer<typeof participant>;

export const call = z
  .object({
    id: callId,
    type: z.enum(callTypes).meta({
      description: 'The type with which it was started. Anyone in an audio call may turn video on.',
    }),
    mode: z.enum(callModes),
    state: z.enum(callStates),
    initiatorId: userId,
    hostId: userId.nullable().meta({ description: 'In groups only.' }),
    conversationId: z.string().nullable(),
    metadata: z.record(z.string(), z.unknown()),
    seq: z.number().int().positive().meta({ description: 'The number of the last event.' }),
    maxParticipants: z.number().int().positive(),
    createdAt: instant,
    answeredAt: instant.nullable(),
    connectedAt: instant.nullable(),
    endedAt: instant.nullable(),
    expiresAt: instant.nullable().meta({
      description: 'When the solo time or the maximum duration ends, whichever is earlier.',
    }),
    durationSeconds: z.number().int().nonnegative().meta({
      description: 'From connected to ended; 0 until then, and for a call that never connected.',
    }),
    endReason: z.enum(endReasons).nullable(),
    endedBy: userId.nullable().meta({ description: 'The user who ended the call.' }),
    participants: z.array(participant),
  })
  .meta({ id: 'Call' });
export type Call = z.infer<typeof call>;

export const iceServer = z.object({
  urls: z.union([z.string(), z.array(z.string())]),
  username: z.string().optional(),
  credential: z.string().optional(),
});

export const connection = z
  .object({
    url: z.string().meta({ description: 'The URL of LiveKit for clients.' }),
    token: z.string(),
    expiresAt: instant,
    iceServers: z.array(iceServer),
  })
  .meta({ id: 'Connection' });
export type Connection = z.infer<typeof connection>;

export const historyEntry = z
  .object({
    call,
    direction: z.enum(directions),
    outcome: z.enum(outcomes).meta({ description: 'The outcome for the requesting user.' }),
  })
  .meta({ id: 'HistoryEntry' });
export type HistoryEntry = z.infer<typeof historyEntry>;

export const stats = z
  .object({
    total: z.number().int(),
    active: z.number().int(),
    completed: z.number().int(),
    missed: z.number().int(),
    declined: z.number().int(),
    failed: z.number().int(),
    totalDurationSeconds: z.number().int(),
    averageDurationSeconds: z.number(),
    successRate: z.number().min(0).max(1),
  })
  .meta({ id: 'Stats' });
export type Stats = z.infer<typeof stats>;
