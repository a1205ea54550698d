import type { LocalTrackPublication, RemoteTrackPublication, Room } from 'livekit-client';
import type { RinglineError } from '../errors.ts';
import { captureError, withDefaultDevice } from './capture.ts';
import type { LiveKit } from './load-livekit.ts';
import { unlimited, type VideoAllowance, type VideoLimits } from './room.ts';

type VideoSource = 'camera' | 'screen';
const VIDEO_SOURCES = ['camera', 'screen'] as const;

/** The video of one room: what the user wants to send, within the limits of the network. */
export interface VideoControl {
  /** True for video that is sent, and for video that is held back for the network's sake. */
  isOn(source: VideoSource): boolean;
  /** Rejects with the browser's error. Does not turn on what the limits forbid. */
  set(source: VideoSource, on: boolean): Promise<void>;
  /** Never rejects. */
  limit(limits: VideoLimits): Promise<void>;
}

export interface VideoControlDeps {
  /** Resolves when the room has published for the first time. */
  published: Promise<void>;
  onChange(): void;
  onError(error: RinglineError): void;
}

/** Returns a function that limits the video of the others, of those too who join later. */
function createReceivedVideo({ RoomEvent, Track, VideoQuality }: LiveKit, room: Room) {
  let allowance: VideoAllowance = unlimited.receive;
  const limit = (publication: RemoteTrackPublication) => {
    if (publication.kind !== Track.Kind.Video) return;
    const isReceived = allowance !== 'none';
    if (publication.isDesired !== isReceived) publication.setSubscribed(isReceived);
    if (!isReceived) return;
    const quality = allowance === 'low' ? VideoQuality.LOW : VideoQuality.HIGH;
    if (publication.videoQuality !== quality) publication.setVideoQuality(quality);
  };
  room.on(RoomEvent.TrackPublished, limit);
  return (next: VideoAllowance) => {
    allowance = next;
    for (const { trackPublications } of room.remoteParticipants.values()) {
      for (const publication of trackPublications.values()) limit(publication);
    }
  };
}

/** Returns a function that sends only the smallest layer of a video, or all layers again. */
function createLayerLimit(livekit: LiveKit) {
  const lowered = new Set<string>();
  return ({ track, source }: LocalTrackPublication, isLow: boolean) => {
    if (!(track instanceof livekit.LocalVideoTrack) || !(isLow || lowered.has(source))) return;
    // Repeated each time: LiveKit turns on any layer that somebody subscribes to.
    track.setPublishingQuality(isLow ? livekit.VideoQuality.LOW : livekit.VideoQuality.HIGH);
    if (isLow) lowered.add(source);
    else lowered.delete(source);
  };
}

/** The video that this device sends. Its acts must not overlap. */
function createSentVideo(livekit: LiveKit, room: Room, onError: (error: RinglineError) => void) {
  const { RoomEvent, Track } = livekit;
  const local = room.localParticipant;
  const limitLayers = createLayerLimit(livekit);
  /** Wanted by the user and not sent. */
  const held = new Set<VideoSource>();

  const findPublication = (source: VideoSource) =>
    local.getTrackPublication(source === 'camera' ? Track.Source.Camera : Track.Source.ScreenShare);
  const isSent = (source: VideoSource) => findPublication(source)?.isMuted === false;

  /** Mutes a screen as well, since only a click of the user can share it again. */
  const hold = async (source: VideoSource) => {
    if (!isSent(source)) return;
    held.add(source);
    await findPublication(source)?.mute();
  };

  const release = async (source: VideoSource) => {
    if (!held.has(source)) return;
    if (source === 'camera') await local.setCameraEnabled(true);
    else await findPublication(source)?.unmute();
  };

  room.on(RoomEvent.LocalTrackUnpublished, ({ source }) => {
    if (source === Track.Source.ScreenShare) held.delete('screen');
  });

  return {
    isOn: (source: VideoSource) => held.has(source) || isSent(source),
    set: async (source: VideoSource, on: boolean, allowance: VideoAllowance) => {
      if (!on) held.delete(source);
      if (source === 'screen') {
        await local.setScreenShareEnabled(on, { audio: true });
        if (on && allowance === 'none') await hold(source);
      } else if (on && allowance === 'none') held.add(source);
      else await withDefaultDevice(room, source, onError, () => local.setCameraEnabled(on));
    },
    limit: async (source: VideoSource, allowance: VideoAllowance) => {
      try {
        if (allowance === 'none') return await hold(source);
        await release(source);
        const publication = findPublication(source);
        if (publication !== undefined) limitLayers(publication, allowance === 'low');
      } catch (error) {
        onError(captureError(source, error));
      }
      held.delete(source);
    },
  };
}

export function createVideoControl(
  livekit: LiveKit,
  room: Room,
  { published, onChange, onError }: VideoControlDeps,
): VideoControl {
  const limitReceived = createReceivedVideo(livekit, room);
  const sent = createSentVideo(livekit, room, onError);
  let limits = unlimited;
  let last: Promise<unknown> = published;

  /** Opening a camera and holding it back must not overlap. */
  const runInOrder = (act: () => Promise<void>): Promise<void> => {
    const done = last.then(act);
    last = done.catch(() => undefined);
    return done;
  };

  return {
    isOn: sent.isOn,
    set: (source, on) =>
      runInOrder(async () => {
        await sent.set(source, on, limits.send);
        onChange();
      }),
    limit: (next) => {
      const isNew = next !== limits;
      limits = next;
      limitReceived(limits.receive);
      return runInOrder(async () => {
        for (const source of VIDEO_SOURCES) await sent.limit(source, limits.send);
        if (isNew) onChange();
      });
    },
  };
}
