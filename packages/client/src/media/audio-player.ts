import type { RemoteTrack } from 'livekit-client';

/** Plays what is heard of the others, in `<audio>` elements that nobody sees. */
export interface Speaker {
  play(track: RemoteTrack, userId: string): void;
  stop(track: RemoteTrack): void;
}

export function createSpeaker(): Speaker {
  return {
    play: (track, userId) => {
      const element = track.attach();
      element.hidden = true;
      element.dataset.ringlineUser = userId;
      document.body.append(element);
    },
    stop: (track) => {
      for (const element of track.detach()) element.remove();
    },
  };
}

export const silentSpeaker: Speaker = { play: () => undefined, stop: () => undefined };
