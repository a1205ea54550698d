import type { ElementInfo, Track } from 'livekit-client';
import type { LiveKit } from './load-livekit.ts';

/** Larger than any video. */
const SIZE = 10_000;

/**
 * LiveKit sends no more of a video than its elements need. This stands for an element that needs
 * everything.
 */
function createFullSizeElement(): ElementInfo {
  return {
    element: {},
    width: () => SIZE,
    height: () => SIZE,
    visible: true,
    // Counts as visible while the page is in the background.
    pictureInPicture: true,
    visibilityChangedAt: undefined,
    observe: () => undefined,
    stopObserving: () => undefined,
  };
}

/**
 * Returns a function that makes LiveKit send a video at full size, for a host app that draws it
 * itself: the size and the visibility of its drawing are unknown here. Audio and own tracks are
 * always complete.
 */
export function createFullSizeRequest(livekit: LiveKit) {
  const requested = new WeakSet<Track>();
  return (track: Track): void => {
    if (!(track instanceof livekit.RemoteVideoTrack) || requested.has(track)) return;
    requested.add(track);
    track.observeElementInfo(createFullSizeElement());
  };
}
