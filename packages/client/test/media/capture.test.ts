import { jest } from '@jest/globals';
import type { Room } from 'livekit-client';
import type { RinglineError } from '#src/errors.ts';
import { capture, withDefaultDevice } from '#src/media/capture.ts';

interface CaptureDefaults {
  deviceId?: { exact: string };
}

function failure(name: string) {
  return Object.assign(new Error(name), { name });
}

/**
 * A browser of which the device named `gone` is gone, and which has a default one unless told
 * otherwise.
 */
function createRoom({ hasDefault = true, defaults = {} as CaptureDefaults } = {}) {
  const options = { audioCaptureDefaults: { ...defaults }, videoCaptureDefaults: { ...defaults } };
  const openOne = (kind: string, { deviceId }: CaptureDefaults) => {
    if (deviceId?.exact === 'gone') throw failure('OverconstrainedError');
    if (!hasDefault) throw failure('NotFoundError');
    return `${kind} ${deviceId?.exact ?? 'default'}`;
  };
  const createTracks = async (wanted: { audio: boolean; video: boolean }) => [
    ...(wanted.audio ? [openOne('microphone', options.audioCaptureDefaults)] : []),
    ...(wanted.video ? [openOne('camera', options.videoCaptureDefaults)] : []),
  ];
  return { options, localParticipant: { createTracks } } as unknown as Room;
}

const all = { microphone: true, camera: true, screen: false };
async function open(room: Room) {
  const told: RinglineError[] = [];
  const tracks = await capture(room, all, (error) => told.push(error));
  return { tracks, told: told.map(({ code, message }) => [code, message]) };
}

describe('opening a microphone and a camera', () => {
  it('opens the chosen devices', async () => {
    const { tracks, told } = await open(
      createRoom({ defaults: { deviceId: { exact: 'headset' } } }),
    );
    expect(tracks).toEqual(['microphone headset', 'camera headset']);
    expect(told).toEqual([]);
  });

  it('opens the default devices when the chosen ones are missing, and reports it', async () => {
    const { tracks, told } = await open(createRoom({ defaults: { deviceId: { exact: 'gone' } } }));
    expect(tracks).toEqual(['microphone default', 'camera default']);
    expect(told).toEqual([
      ['MEDIA_FAILED', 'The chosen microphone is missing: the default one is used.'],
      ['MEDIA_FAILED', 'The chosen camera is missing: the default one is used.'],
    ]);
  });

  it('reports both devices when there are none', async () => {
    const gone = { defaults: { deviceId: { exact: 'gone' } }, hasDefault: false };
    const { tracks, told } = await open(createRoom(gone));
    expect(tracks).toEqual([]);
    expect(told).toEqual([
      ['MEDIA_FAILED', 'The microphone cannot be used.'],
      ['MEDIA_FAILED', 'The camera cannot be used.'],
    ]);
  });
});

describe('turning a microphone on', () => {
  const turnOn = (room: Room, act: () => Promise<void>) =>
    withDefaultDevice(room, 'microphone', jest.fn(), act);

  it('does not retry after the user refused permission', async () => {
    const act = jest.fn(() => Promise.reject(failure('NotAllowedError')));
    const room = createRoom({ defaults: { deviceId: { exact: 'headset' } } });
    await expect(turnOn(room, act)).rejects.toMatchObject({ name: 'NotAllowedError' });
    expect(act).toHaveBeenCalledTimes(1);
  });

  it('does not retry when no device was chosen', async () => {
    const act = jest.fn(() => Promise.reject(failure('NotFoundError')));
    await expect(turnOn(createRoom(), act)).rejects.toMatchObject({ name: 'NotFoundError' });
    expect(act).toHaveBeenCalledTimes(1);
  });
});
