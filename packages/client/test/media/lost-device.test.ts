import { EventEmitter } from 'node:events';
import type { Room, Track } from 'livekit-client';
import type { RinglineError } from '#src/errors.ts';
import { loadLiveKit } from '#src/media/load-livekit.ts';
import { reportLostDevices } from '#src/media/lost-device.ts';

const livekit = await loadLiveKit();
const { RoomEvent, TrackEvent } = livekit;
const { Source } = livekit.Track;

/** A room in which something is sent, as far as LiveKit's client tells of it. */
function begin(source: Track.Source) {
  const told: string[] = [];
  const track = Object.assign(new EventEmitter(), { isMuted: false, source });
  const room = new EventEmitter();
  reportLostDevices(livekit, room as unknown as Room, ({ code, message }: RinglineError) =>
    told.push(`${code} ${message}`),
  );
  const publish = () => room.emit(RoomEvent.LocalTrackPublished, { track, source });
  publish();
  const mute = () => {
    track.isMuted = true;
    track.emit(TrackEvent.Muted);
  };
  const restart = () => {
    track.isMuted = false;
    track.emit(TrackEvent.Restarted);
  };
  return { told, publish, mute, restart, end: () => track.emit(TrackEvent.Ended) };
}

describe('a device unplugged in a call', () => {
  it.each([
    [Source.Microphone, 'microphone'],
    [Source.Camera, 'camera'],
  ])('is reported once when it cannot be replaced: %s', (source, name) => {
    const { told, publish, mute, end } = begin(source);
    publish(); // as after a reconnect
    end();
    mute();
    expect(told).toEqual([`MEDIA_FAILED The ${name} has stopped, and no other one can be used.`]);
  });

  it('is reported each time', () => {
    const { told, mute, restart, end } = begin(Source.Microphone);
    for (let times = 0; times < 2; times += 1) {
      end();
      mute();
      restart();
    }
    expect(told).toHaveLength(2);
  });

  it('is not reported when another one replaces it', () => {
    const { told, mute, restart, end } = begin(Source.Microphone);
    end();
    restart();
    mute(); // by the person, later
    expect(told).toEqual([]);
  });

  it('is not reported while it is muted', () => {
    const { told, mute, restart, end } = begin(Source.Microphone);
    mute();
    end();
    restart();
    mute();
    expect(told).toEqual([]);
  });

  it('is not reported when it is a screen, which may be ended anywhere', () => {
    const { told, mute, end } = begin(Source.ScreenShare);
    end();
    mute();
    expect(told).toEqual([]);
  });
});
