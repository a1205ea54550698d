import { z } from 'zod';
import { storableText, userId } from './identity.ts';
import { instant } from './objects.ts';
import { qualityDirections } from './states.ts';

function number(from: number, to: number) {
  return z.number().min(from).max(to);
}
function count(to: number) {
  return z.number().int().min(0).max(to);
}

/**
 * The quality of a user's media in one direction since the previous sample. The bounds are the
 * worst possible values. A value beyond them is not a measurement.
 */
export const qualitySample = z
  .strictObject({
    at: z.iso
      .datetime({ offset: true })
      .meta({ description: "By the client's clock, which may be up to twelve hours off." }),
    direction: z
      .enum(qualityDirections)
      .default('receive')
      .meta({ description: 'The media that this user sends, or receives from all others.' }),
    jitterMs: number(0, 10_000),
    packetLossPercent: number(0, 100).meta({ description: 'Since the previous sample.' }),
    roundTripMs: number(0, 60_000).meta({ description: 'To LiveKit.' }),
    bandwidthKbps: number(0, 10_000_000).optional(),
    audioLevel: number(0, 1).optional(),
    fps: number(0, 480).optional().meta({
      description:
        'Frames per second of the camera. Omitted without a camera, and for shared screens.',
    }),
    width: count(16_384).optional(),
    height: count(16_384).optional(),
    codec: storableText(64).optional(),
    freezeCount: count(10_000).optional().meta({ description: 'Since the previous sample.' }),
    device: storableText(64)
      .optional()
      .meta({ description: 'The measuring device, such as a browser and its system.' }),
  })
  .meta({ id: 'QualitySample' });
export type QualitySample = z.infer<typeof qualitySample>;

export const qualityBody = z.strictObject({ samples: z.array(qualitySample).min(1).max(100) });
export const qualityAccepted = z.object({ accepted: z.number().int().positive() });

export const ratingBody = z.strictObject({
  stars: z.number().int().min(1).max(5),
  comment: storableText(1000).optional(),
});
export const rating = z
  .object({
    stars: z.number().int().min(1).max(5),
    comment: z.string().nullable(),
    at: instant,
  })
  .meta({ id: 'Rating' });
export type Rating = z.infer<typeof rating>;
export const ratingAnswer = z.object({ rating });

const mos = z.number().min(1).max(4.5);
const share = z.number().min(0).max(1);

export const qualitySummary = z
  .object({
    samples: z.number().int().positive(),
    minimumMos: mos,
    medianMos: mos,
    worstFiveSeconds: z
      .object({ at: instant, mos })
      .meta({ description: 'The lowest mean over five seconds, and when they began.' }),
    levels: z
      .object({ excellent: share, good: share, fair: share, poor: share })
      .meta({ description: 'The share of time at each level; the sum is 1.' }),
  })
  .meta({ id: 'QualitySummary' });
export type QualitySummary = z.infer<typeof qualitySummary>;

export const participantQuality = z
  .object({
    userId,
    send: qualitySummary.nullable(),
    receive: qualitySummary.nullable(),
    rating: rating.nullable().meta({ description: 'Their own rating. Operators see all ratings.' }),
  })
  .meta({ id: 'ParticipantQuality' });
export type ParticipantQuality = z.infer<typeof participantQuality>;

export const qualityAnswer = z.object({ participants: z.array(participantQuality) });
