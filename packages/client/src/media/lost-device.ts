import type { LocalTrack, LocalTrackPublication, Room } from 'livekit-client';
import { RinglineError } from '../errors.ts';
import type { LiveKit } from './load-livekit.ts';

/**
 * Tells the person of a microphone or a camera that was unplugged, or taken away, in a call. LiveKit goes on with the default
 * one; where none can be had it mutes, and without a word one would speak on unheard.
 */
export function tellOfLostDevices(
  { RoomEvent, Track, TrackEvent }: LiveKit,
  room: Room,
  onError: (error: RinglineError) => void,
): void {
  const devices = [Track.Source.Microphone, Track.Source.Camera];
  const watch = (track: LocalTrack): void => {
    const tell = () =>
      onError(
        new RinglineError(
          'MEDIA_FAILED',
          `The ${track.source} has stopped, and no other one can be used.`,
        ),
      );
    // Ended by itself, not by the person.
    track.on(TrackEvent.Ended, () => {
      if (!track.isMuted) track.once(TrackEvent.Muted, tell);
    });
    track.on(TrackEvent.Restarted, () => track.off(TrackEvent.Muted, tell));
  };

  const watched = new WeakSet<LocalTrack>();
  room.on(RoomEvent.LocalTrackPublished, ({ track, source }: LocalTrackPublication) => {
    if (track === undefined || !devices.includes(source) || watched.has(track)) return;
    watched.add(track);
    watch(track);
  });
}
