import type { Room, Track, TrackPublication } from 'livekit-client';
import type { LiveKit } from './load-livekit.ts';
import type { MediaStats, Stat, TrackStats } from './room.ts';

/** Reads WebRTC's statistics of all tracks that the room sends and receives at this moment. */
export async function readMediaStats(livekit: LiveKit, room: Room): Promise<MediaStats> {
  const { Source } = livekit.Track;
  const getKind = (source: Track.Source): TrackStats['kind'] => {
    if (source === Source.Camera) return 'camera';
    return source === Source.ScreenShare ? 'screen' : 'audio';
  };

  const read = async (publication: TrackPublication): Promise<TrackStats[]> => {
    const report = await publication.track?.getRTCStatsReport();
    if (report === undefined) return [];
    const stats: Stat[] = [];
    report.forEach((stat: Stat) => {
      stats.push(stat);
    });
    const { trackSid, source, isMuted, isEnabled } = publication;
    return [{ id: trackSid, kind: getKind(source), shown: !isMuted && isEnabled, stats }];
  };
  const readAll = async (publications: Iterable<TrackPublication>) =>
    (await Promise.all([...publications].map(read))).flat();

  const received = [...room.remoteParticipants.values()].flatMap(({ trackPublications }) => [
    ...trackPublications.values(),
  ]);
  const [send, receive] = await Promise.all([
    readAll(room.localParticipant.trackPublications.values()),
    readAll(received),
  ]);
  return { send, receive };
}
