import { z } from 'zod';
import { callEvent } from './events.ts';
import { userId } from './identity.ts';
import { instant } from './objects.ts';

/** A numbered event: transitions, rings, acknowledgements and operators' acts are all of this kind. */
const decided = z
  .object({
    source: z.literal('call'),
    at: instant,
    actor: z.string().meta({
      description: '`user:<id>`, `service`, `admin`, `livekit`, `deadline` or `reconciler`.',
    }),
    requestId: z.string().nullable(),
    event: callEvent,
  })
  .meta({ id: 'TimelineEvent' });

/** What LiveKit said, as it said it. */
const reported = z
  .object({
    source: z.literal('livekit'),
    at: instant,
    report: z.string().meta({ example: 'participant_joined' }),
    userId: userId.nullable(),
    sid: z.string().nullable().meta({ description: "LiveKit's id of the user's session." }),
  })
  .meta({ id: 'TimelineReport' });

export const timelineEntry = z.discriminatedUnion('source', [decided, reported]);
export type TimelineEntry = z.infer<typeof timelineEntry>;

export const timelineAnswer = z.object({ entries: z.array(timelineEntry) });
