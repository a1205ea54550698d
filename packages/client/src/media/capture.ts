import type { LocalParticipant, LocalTrack } from 'livekit-client';
import { RinglineError } from '../errors.ts';
import type { Sending, Source } from './room.ts';

type Captured = Exclude<Source, 'screen'>;

export const captureError = (source: Source, cause: unknown): RinglineError => {
  const denied = cause instanceof Error && cause.name === 'NotAllowedError';
  return denied
    ? new RinglineError('PERMISSION_DENIED', `The ${source} was not permitted.`, { cause })
    : new RinglineError('MEDIA_FAILED', `The ${source} cannot be used.`, { cause });
};

/**
 * Opens the microphone and the camera, as far as they are wanted, both at once, which asks the person
 * once. Where that fails, each on its own: without a camera one can still be heard. Never rejects.
 */
export const capture = async (
  participant: LocalParticipant,
  wanted: Sending,
  onError: (error: RinglineError) => void,
): Promise<LocalTrack[]> => {
  const open = (sources: Captured[]) =>
    participant.createTracks({
      audio: sources.includes('microphone'),
      video: sources.includes('camera'),
    });
  const openOne = async (source: Captured) => {
    try {
      return await open([source]);
    } catch (error) {
      onError(captureError(source, error));
      return [];
    }
  };

  const sources = (['microphone', 'camera'] as const).filter((source) => wanted[source]);
  if (sources.length > 1) {
    const both = await open(sources).catch(() => null);
    if (both !== null) return both;
  }
  return (await Promise.all(sources.map(openOne))).flat();
};
