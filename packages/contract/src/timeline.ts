import { z } from 'zod';
import { callEvent } from './events.ts';
import { userId } from './identity.ts';
import { instant } from './objects.ts';

/** A numbered event of the call. */
const eventEntry = z
  .object({
    kind: z.literal('event'),
    at: instant,
    event: z.string(),
    seq: z.number().int().positive(),
    actor: z.string().meta({
      description: '`user:<id>`, `service`, `admin`, `livekit`, `deadline` or `reconciler`.',
    }),
    requestId: z.string().nullable(),
    payload: callEvent,
  })
  .meta({ id: 'TimelineEvent' });

/** A webhook of LiveKit. */
const webhookEntry = z
  .object({
    kind: z.literal('report'),
    at: instant,
    event: z.string().meta({ example: 'participant_joined' }),
    userId: userId.nullable(),
    sid: z.string().nullable().meta({ description: "LiveKit's id of the user's session." }),
  })
  .meta({ id: 'TimelineReport' });

export const timelineEntry = z.discriminatedUnion('kind', [eventEntry, webhookEntry]);
export type TimelineEntry = z.infer<typeof timelineEntry>;

export const timelineAnswer = z.object({
  entries: z.array(timelineEntry),
  nextCursor: z.string().nullable(),
});
