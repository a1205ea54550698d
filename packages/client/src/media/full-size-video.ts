import type { ElementInfo, Track } from 'livekit-client';
import type { LiveKit } from './load-livekit.ts';

/** Larger than any picture. */
const SIZE = 10_000;

/** What LiveKit asks of an element that shows a picture, to send no more than that needs. */
function createWhole(): ElementInfo {
  return {
    element: {},
    width: () => SIZE,
    height: () => SIZE,
    visible: true,
    // Shown whether or not the page is in front.
    pictureInPicture: true,
    visibilityChangedAt: undefined,
    observe: () => undefined,
    stopObserving: () => undefined,
  };
}

/**
 * Makes LiveKit send all of a picture that the host app draws itself: how large, and whether it is in sight, cannot be
 * seen from here. Sound, and what this device sends, come in full anyway.
 */
export function createOwnDrawing(livekit: LiveKit) {
  const drawn = new WeakSet<Track>();
  return (track: Track): void => {
    if (!(track instanceof livekit.RemoteVideoTrack) || drawn.has(track)) return;
    drawn.add(track);
    track.observeElementInfo(createWhole());
  };
}
