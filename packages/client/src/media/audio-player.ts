import type { RemoteTrack } from 'livekit-client';

/** Plays the others' audio in hidden `<audio>` elements. */
export interface AudioPlayer {
  play(track: RemoteTrack, userId: string): void;
  stop(track: RemoteTrack): void;
}

export function createAudioPlayer(): AudioPlayer {
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

export const silentPlayer: AudioPlayer = { play: () => undefined, stop: () => undefined };
