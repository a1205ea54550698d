import type { LocalTrack, Room } from 'livekit-client';
import { RinglineError } from '../errors.ts';
import type { Sending, Source } from './room.ts';

type Captured = Exclude<Source, 'screen'>;

/** Some browsers throw an `OverconstrainedError` that is no `Error`. */
function nameOf(cause: unknown): unknown {
  return (cause as { name?: unknown } | null)?.name;
}

export function captureError(source: Source, cause: unknown): RinglineError {
  return nameOf(cause) === 'NotAllowedError'
    ? new RinglineError('PERMISSION_DENIED', `The ${source} was not permitted.`, { cause })
    : new RinglineError('MEDIA_FAILED', `The ${source} cannot be used.`, { cause });
}

function isGone(cause: unknown): boolean {
  return ['OverconstrainedError', 'NotFoundError'].includes(String(nameOf(cause)));
}

/** The device that the host app named, if it did, is forgotten for this room. */
function forgetDevice({ options }: Room, source: Captured): boolean {
  const defaults =
    source === 'microphone' ? options.audioCaptureDefaults : options.videoCaptureDefaults;
  if (defaults?.deviceId === undefined) return false;
  delete defaults.deviceId;
  return true;
}

/**
 * Opens a microphone or a camera. Where the one that the host app named is not there, an unplugged headset for example, the
 * default one is taken, and the person is told through `onError`. Rejects with what the browser says.
 */
export async function withDefaultDevice<Opened>(
  room: Room,
  source: Captured,
  onError: (error: RinglineError) => void,
  open: () => Promise<Opened>,
): Promise<Opened> {
  try {
    return await open();
  } catch (cause) {
    if (!isGone(cause) || !forgetDevice(room, source)) throw cause;
    const opened = await open();
    const message = `The chosen ${source} is not there: the default one is used.`;
    onError(new RinglineError('MEDIA_FAILED', message, { cause }));
    return opened;
  }
}

/**
 * Opens the microphone and the camera, as far as they are wanted, both at once, which asks the person
 * once. Where that fails, each on its own: without a camera one can still be heard. Never rejects.
 */
export async function capture(
  room: Room,
  wanted: Sending,
  onError: (error: RinglineError) => void,
): Promise<LocalTrack[]> {
  const open = (sources: Captured[]) =>
    room.localParticipant.createTracks({
      audio: sources.includes('microphone'),
      video: sources.includes('camera'),
    });
  const openOne = async (source: Captured) => {
    try {
      return await withDefaultDevice(room, source, onError, () => open([source]));
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
}
