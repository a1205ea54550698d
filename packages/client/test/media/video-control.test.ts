import { EventEmitter } from 'node:events';
import { jest } from '@jest/globals';
import type { Room, Track, VideoQuality } from 'livekit-client';
import { loadLiveKit } from '#src/media/load-livekit.ts';
import { unlimited } from '#src/media/room.ts';
import { createVideoControl } from '#src/media/video-control.ts';

const livekit = await loadLiveKit();
const { Source, Kind } = livekit.Track;
const NO_SENDING = { send: 'none', receive: 'all' } as const;
const NO_RECEIVING = { send: 'all', receive: 'none' } as const;

/** A LiveKit room with a camera that is on and one other person, as far as pictures go. */
function begin() {
  const published = new Map<Track.Source, { isMuted: boolean; mute(): Promise<void> }>();
  const ours = (source: Track.Source) => published.get(source);
  const add = (source: Track.Source) => {
    const publication = {
      isMuted: false,
      mute: async () => {
        publication.isMuted = true;
      },
    };
    published.set(source, publication);
  };
  add(Source.Camera);
  const opened = jest.fn(async (on: boolean) => {
    if (on) add(Source.Camera);
    else await ours(Source.Camera)?.mute();
  });
  const theirs = {
    kind: Kind.Video,
    isDesired: true,
    videoQuality: livekit.VideoQuality.HIGH,
    setSubscribed: (on: boolean) => {
      theirs.isDesired = on;
    },
    setVideoQuality: (quality: VideoQuality) => {
      theirs.videoQuality = quality;
    },
  };
  const room = Object.assign(new EventEmitter(), {
    localParticipant: {
      getTrackPublication: ours,
      setCameraEnabled: opened,
      setScreenShareEnabled: async (on: boolean) => {
        if (on) add(Source.ScreenShare);
        else {
          published.delete(Source.ScreenShare);
          room.emit(livekit.RoomEvent.LocalTrackUnpublished, { source: Source.ScreenShare });
        }
      },
    },
    remoteParticipants: new Map([['ben', { trackPublications: new Map([['camera', theirs]]) }]]),
  });
  const onError = jest.fn();
  const video = createVideoControl(livekit, room as unknown as Room, {
    published: Promise.resolve(),
    onChange: jest.fn(),
    onError,
  });
  const isSent = (source: Track.Source) => ours(source)?.isMuted === false;
  return { video, room, theirs, opened, isSent, onError };
}

describe('a camera that the network cannot carry', () => {
  it('is held back, counts as on, and comes back', async () => {
    const { video, isSent } = begin();
    await video.limit(NO_SENDING);
    expect(isSent(Source.Camera)).toBe(false);
    expect(video.isOn('camera')).toBe(true);
    await video.limit(unlimited);
    expect(isSent(Source.Camera)).toBe(true);
    expect(video.isOn('camera')).toBe(true);
  });

  it('does not come back when the user has turned it off meanwhile', async () => {
    const { video, isSent } = begin();
    await video.limit(NO_SENDING);
    await video.set('camera', false);
    expect(video.isOn('camera')).toBe(false);
    await video.limit(unlimited);
    expect(isSent(Source.Camera)).toBe(false);
  });

  it('waits for the network when the user turns it on meanwhile', async () => {
    const { video, isSent } = begin();
    await video.set('camera', false);
    await video.limit(NO_SENDING);
    await video.set('camera', true);
    expect(isSent(Source.Camera)).toBe(false);
    expect(video.isOn('camera')).toBe(true);
    await video.limit(unlimited);
    expect(isSent(Source.Camera)).toBe(true);
  });

  it('stays off when it was off before', async () => {
    const { video, isSent } = begin();
    await video.set('camera', false);
    await video.limit(NO_SENDING);
    await video.limit(unlimited);
    expect(isSent(Source.Camera)).toBe(false);
  });

  it('is given up and reported when it cannot be opened again', async () => {
    const { video, opened, onError } = begin();
    await video.limit(NO_SENDING);
    opened.mockRejectedValueOnce(new Error('in use'));
    await video.limit(unlimited);
    expect(onError).toHaveBeenCalledWith(expect.objectContaining({ code: 'MEDIA_FAILED' }));
    expect(video.isOn('camera')).toBe(false);
  });
});

describe('a screen that the network cannot carry', () => {
  it('is held back as well, until it is no longer shared', async () => {
    const { video, isSent } = begin();
    await video.limit(NO_SENDING);
    await video.set('screen', true);
    expect(isSent(Source.ScreenShare)).toBe(false);
    expect(video.isOn('screen')).toBe(true);
    await video.set('screen', false);
    expect(video.isOn('screen')).toBe(false);
  });
});

describe('the video of others', () => {
  it('is unsubscribed, and subscribed again', async () => {
    const { video, theirs } = begin();
    await video.limit(NO_RECEIVING);
    expect(theirs.isDesired).toBe(false);
    await video.limit(unlimited);
    expect(theirs.isDesired).toBe(true);
  });

  it('is not subscribed when it starts meanwhile; audio is', async () => {
    const { video, room, theirs } = begin();
    await video.limit(NO_RECEIVING);
    const sound = { ...theirs, kind: Kind.Audio, setSubscribed: jest.fn() };
    theirs.isDesired = true;
    room.emit(livekit.RoomEvent.TrackPublished, theirs);
    room.emit(livekit.RoomEvent.TrackPublished, sound);
    expect(theirs.isDesired).toBe(false);
    expect(sound.setSubscribed).not.toHaveBeenCalled();
  });

  it('is subscribed in the smallest layer', async () => {
    const { video, theirs } = begin();
    await video.limit({ send: 'all', receive: 'low' });
    expect(theirs.videoQuality).toBe(livekit.VideoQuality.LOW);
    await video.limit(unlimited);
    expect(theirs.videoQuality).toBe(livekit.VideoQuality.HIGH);
  });
});
