import type { RemoteTrackPublication, Room } from 'livekit-client';
import type { RinglineError } from '../errors.ts';
import { captureError, withDefaultDevice } from './capture.ts';
import type { LiveKit } from './load-livekit.ts';
import { unlimited, type VideoLimits } from './room.ts';

type VideoSource = 'camera' | 'screen';
const VIDEO_SOURCES = ['camera', 'screen'] as const;

/** The pictures of one room: what the person wants to show, and how much of that the line carries. */
export interface VideoControl {
  /** Whether it is sent, or held back for the line's sake. */
  isOn(source: VideoSource): boolean;
  /** Rejects with what the browser says; does not turn on what the line does not carry. */
  set(source: VideoSource, on: boolean): Promise<void>;
  /** Never rejects. */
  limit(limits: VideoLimits): Promise<void>;
}

export interface VideoControlDeps {
  /** When the room sends for the first time what it was opened with. */
  published: Promise<void>;
  onChange(): void;
  onError(error: RinglineError): void;
}

export function createVideoControl(
  livekit: LiveKit,
  room: Room,
  { published, onChange, onError }: VideoControlDeps,
): VideoControl {
  const { RoomEvent, Track, VideoQuality } = livekit;
  const local = room.localParticipant;
  const sourceOf = { camera: Track.Source.Camera, screen: Track.Source.ScreenShare } as const;
  /** Wanted by the person and not sent, since the line does not carry it. */
  const held = new Set<VideoSource>();
  const lowered = new Set<VideoSource>();
  let limits = unlimited;
  // One after the other, or a camera that is being opened and one that is being held back cross each other.
  let last: Promise<unknown> = published;

  const inOrder = (act: () => Promise<void>): Promise<void> => {
    const done = last.then(act);
    last = done.catch(() => undefined);
    return done;
  };

  const publicationOf = (source: VideoSource) => local.getTrackPublication(sourceOf[source]);
  const isSent = (source: VideoSource) => publicationOf(source)?.isMuted === false;

  /** Mutes even a screen, which can be shared again only by a person's click. */
  const hold = async (source: VideoSource) => {
    if (!isSent(source)) return;
    held.add(source);
    await publicationOf(source)?.mute();
  };

  const release = async (source: VideoSource) => {
    if (!held.has(source)) return;
    if (source === 'camera') await local.setCameraEnabled(true);
    else await publicationOf(source)?.unmute();
  };

  /** Said again each time, since LiveKit turns on whichever layer somebody comes to look at. */
  const limitLayers = (source: VideoSource) => {
    const isLow = limits.send === 'low';
    const track = publicationOf(source)?.track;
    if (!(track instanceof livekit.LocalVideoTrack) || !(isLow || lowered.has(source))) return;
    track.setPublishingQuality(isLow ? VideoQuality.LOW : VideoQuality.HIGH);
    if (isLow) lowered.add(source);
    else lowered.delete(source);
  };

  const limitSent = async (source: VideoSource) => {
    try {
      if (limits.send === 'none') return await hold(source);
      await release(source);
      limitLayers(source);
    } catch (error) {
      onError(captureError(source, error));
    }
    held.delete(source);
  };

  const limitReceived = (publication: RemoteTrackPublication) => {
    if (publication.kind !== Track.Kind.Video) return;
    const isReceived = limits.receive !== 'none';
    if (publication.isDesired !== isReceived) publication.setSubscribed(isReceived);
    if (!isReceived) return;
    const quality = limits.receive === 'low' ? VideoQuality.LOW : VideoQuality.HIGH;
    if (publication.videoQuality !== quality) publication.setVideoQuality(quality);
  };

  room.on(RoomEvent.TrackPublished, limitReceived);
  room.on(RoomEvent.LocalTrackUnpublished, ({ source }) => {
    if (source === Track.Source.ScreenShare) held.delete('screen');
  });

  return {
    isOn: (source) => held.has(source) || isSent(source),
    set: (source, on) =>
      inOrder(async () => {
        if (!on) held.delete(source);
        if (source === 'screen') {
          await local.setScreenShareEnabled(on, { audio: true });
          if (on && limits.send === 'none') await hold(source);
        } else if (on && limits.send === 'none') held.add(source);
        else await withDefaultDevice(room, source, onError, () => local.setCameraEnabled(on));
        onChange();
      }),
    limit: (next) => {
      const isNew = next !== limits;
      limits = next;
      for (const { trackPublications } of room.remoteParticipants.values()) {
        for (const publication of trackPublications.values()) limitReceived(publication);
      }
      return inOrder(async () => {
        for (const source of VIDEO_SOURCES) await limitSent(source);
        if (isNew) onChange();
      });
    },
  };
}
