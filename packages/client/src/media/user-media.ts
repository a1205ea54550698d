import type { Participant, Track } from 'livekit-client';
import { createFullSizeRequest } from './full-size-video.ts';
import type { LiveKit } from './load-livekit.ts';
import type { MediaTrack, UserMedia } from './room.ts';

/**
 * One object per LiveKit track, so that a page can tell by identity whether it shows the track
 * already.
 */
function createTrackWrapper(livekit: LiveKit) {
  const requestFullSize = createFullSizeRequest(livekit);
  const wrapped = new WeakMap<Track, MediaTrack>();
  const wrap = (track: Track): MediaTrack => ({
    get muted() {
      return track.isMuted;
    },
    get mediaStreamTrack() {
      requestFullSize(track);
      return track.mediaStreamTrack;
    },
    attach: (element) => {
      track.attach(element);
    },
    detach: (element) => {
      track.detach(element);
    },
  });
  return (track: Track | undefined): MediaTrack | null => {
    if (track === undefined) return null;
    const mediaTrack = wrapped.get(track) ?? wrap(track);
    wrapped.set(track, mediaTrack);
    return mediaTrack;
  };
}

/** Returns a function that reads what a participant sends at this moment. */
export function createUserMediaReader(livekit: LiveKit): (participant: Participant) => UserMedia {
  const { Source } = livekit.Track;
  const wrap = createTrackWrapper(livekit);
  const getTrack = (participant: Participant, source: Track.Source) => {
    const publication = participant.getTrackPublication(source);
    // A track stays, and is black, from the unsubscribe until LiveKit confirms it.
    return wrap(publication?.isSubscribed === true ? publication.track : undefined);
  };
  return (participant) => ({
    microphone: getTrack(participant, Source.Microphone),
    camera: getTrack(participant, Source.Camera),
    screen: getTrack(participant, Source.ScreenShare),
    speaking: participant.isSpeaking,
    lost: participant.connectionQuality === livekit.ConnectionQuality.Lost,
  });
}
