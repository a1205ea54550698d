import type { LocalTrack, Room } from 'livekit-client';
import { RinglineError } from '../errors.ts';
import type { Sending, Source } from './room.ts';

type Captured = Exclude<Source, 'screen'>;

/** In some browsers an `OverconstrainedError` is not an `Error`. */
function getName(cause: unknown): unknown {
  return (cause as { name?: unknown } | null)?.name;
}

export function captureError(source: Source, cause: unknown): RinglineError {
  return getName(cause) === 'NotAllowedError'
    ? new RinglineError('PERMISSION_DENIED', `The ${source} was not permitted.`, { cause })
    : new RinglineError('MEDIA_FAILED', `The ${source} cannot be used.`, { cause });
}

function isDeviceMissing(cause: unknown): boolean {
  return ['OverconstrainedError', 'NotFoundError'].includes(String(getName(cause)));
}

/** Drops the host app's choice of a device for this room. Returns false where it chose none. */
function dropChosenDevice({ options }: Room, source: Captured): boolean {
  const defaults =
    source === 'microphone' ? options.audioCaptureDefaults : options.videoCaptureDefaults;
  if (defaults?.deviceId === undefined) return false;
  delete defaults.deviceId;
  return true;
}

/**
 * Opens a microphone or a camera. Where the device that the host app chose is missing, an unplugged
 * headset for example, it opens the default one and calls `onError`. Rejects with the browser's
 * error.
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
    if (!isDeviceMissing(cause) || !dropChosenDevice(room, source)) throw cause;
    const opened = await open();
    const message = `The chosen ${source} is missing: the default one is used.`;
    onError(new RinglineError('MEDIA_FAILED', message, { cause }));
    return opened;
  }
}

/**
 * Opens the wanted devices together, so that the browser asks for permission once. Where that
 * fails, it opens each on its own: without a camera, a user can still be heard. Never rejects.
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
