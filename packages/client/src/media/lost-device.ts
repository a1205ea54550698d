import type { LocalTrack, LocalTrackPublication, Room } from 'livekit-client';
import { RinglineError } from '../errors.ts';
import type { LiveKit } from './load-livekit.ts';

/**
 * Reports a microphone or camera that was unplugged in a call and cannot be replaced. LiveKit
 * switches to the default device; where there is none it mutes silently, and the user would go on
 * speaking unheard.
 */
export function reportLostDevices(
  { RoomEvent, Track, TrackEvent }: LiveKit,
  room: Room,
  onError: (error: RinglineError) => void,
): void {
  const devices = [Track.Source.Microphone, Track.Source.Camera];
  const watch = (track: LocalTrack): void => {
    const report = () => {
      const message = `The ${track.source} has stopped, and no other one can be used.`;
      onError(new RinglineError('MEDIA_FAILED', message));
    };
    // A track that the user mutes does not end.
    track.on(TrackEvent.Ended, () => {
      if (!track.isMuted) track.once(TrackEvent.Muted, report);
    });
    track.on(TrackEvent.Restarted, () => track.off(TrackEvent.Muted, report));
  };

  const watched = new WeakSet<LocalTrack>();
  room.on(RoomEvent.LocalTrackPublished, ({ track, source }: LocalTrackPublication) => {
    if (track === undefined || !devices.includes(source) || watched.has(track)) return;
    watched.add(track);
    watch(track);
  });
}
