import { jest } from '@jest/globals';
import { RinglineError } from '#src/errors.ts';
import { settle, useFakeTimers } from '../fixtures/environment.ts';
import { createJoinedMedia, createMedia, wanted } from '../fixtures/scripted-media.ts';
import { createConnection } from '../fixtures/scripted-rooms.ts';

useFakeTimers();

function refusal(code: 'ANSWERED_ELSEWHERE' | 'CALL_ENDED' | 'INTERNAL') {
  return new RinglineError(code, code);
}

describe('media whose room is lost', () => {
  it('rejoin with a new token, and send the same as before', async () => {
    const { media, livekit } = await createJoinedMedia();
    await media.send('camera', false);
    await settle();
    livekit.last().end('lost');
    await settle();
    expect(media.view.state).toBe('reconnecting');
    await jest.advanceTimersByTimeAsync(100);
    expect(media.view.state).toBe('connected');
    expect(livekit.last()).toMatchObject({
      token: 'fresh-1',
      wanted: { microphone: true, camera: false, screen: false },
    });
  });

  it('wait longer after each failure, and start over after a stable stay', async () => {
    const { media, livekit } = createMedia();
    for (let time = 0; time < 3; time += 1) livekit.refuse(new Error('no room'));
    media.join(createConnection('first'), wanted);
    await jest.advanceTimersByTimeAsync(100 + 200 + 399);
    expect(livekit.rooms).toHaveLength(0);
    await jest.advanceTimersByTimeAsync(1);
    expect(livekit.rooms).toHaveLength(1);
    await jest.advanceTimersByTimeAsync(10_001);
    livekit.last().end('lost');
    await jest.advanceTimersByTimeAsync(100);
    expect(livekit.rooms).toHaveLength(2);
  });

  it('do not rejoin when another device has taken the call', async () => {
    const { livekit, heard, getConnection } = await createJoinedMedia();
    livekit.last().end('moved');
    await jest.advanceTimersByTimeAsync(60_000);
    expect(heard.moved).toHaveBeenCalledTimes(1);
    expect(getConnection).not.toHaveBeenCalled();
    expect(livekit.rooms).toHaveLength(1);
  });

  it.each(['ANSWERED_ELSEWHERE', 'CALL_ENDED'] as const)(
    'do not rejoin when the service answers %s',
    async (code) => {
      const { media, livekit, heard, getConnection } = createMedia();
      getConnection.mockRejectedValue(refusal(code));
      media.join(createConnection('first'), wanted);
      await settle();
      livekit.last().end('lost');
      await jest.advanceTimersByTimeAsync(60_000);
      expect(heard.refused.mock.calls).toEqual([[expect.objectContaining({ code })]]);
      expect(getConnection).toHaveBeenCalledTimes(1);
    },
  );

  it('wait for Retry-After before they rejoin', async () => {
    const { media, livekit, getConnection } = createMedia();
    const details = { retryAfterSeconds: 3 };
    getConnection.mockRejectedValueOnce(new RinglineError('RATE_LIMITED', 'slow', { details }));
    media.join(null, wanted);
    await jest.advanceTimersByTimeAsync(3_099);
    expect(getConnection).toHaveBeenCalledTimes(1);
    await jest.advanceTimersByTimeAsync(1);
    expect(livekit.rooms).toHaveLength(1);
  });

  it('retry after INTERNAL', async () => {
    const { media, livekit, getConnection, heard } = createMedia();
    getConnection.mockRejectedValueOnce(refusal('INTERNAL'));
    media.join(null, wanted);
    await jest.advanceTimersByTimeAsync(100);
    expect(livekit.rooms).toHaveLength(1);
    expect(heard.refused).not.toHaveBeenCalled();
  });

  it('report nothing as switched off, and send it again in the next room', async () => {
    const { livekit, heard } = await createJoinedMedia();
    const { state, change, end } = livekit.last();
    state.sending = { microphone: false, camera: false, screen: false };
    change();
    state.steady = false;
    end('lost');
    await jest.advanceTimersByTimeAsync(100);
    expect(heard.sending).not.toHaveBeenCalled();
    expect(livekit.last().wanted).toEqual({ ...wanted, screen: false });
  });

  it('share no screen in a new room', async () => {
    const { media, livekit, heard } = await createJoinedMedia();
    await media.send('screen', true);
    await settle();
    livekit.last().end('lost');
    await jest.advanceTimersByTimeAsync(100);
    expect(livekit.last().wanted.screen).toBe(false);
    expect(heard.sending).toHaveBeenLastCalledWith({ ...wanted, screen: false });
  });

  it('report trouble with joining once, however long it takes', async () => {
    const { media, livekit, heard } = createMedia();
    for (let time = 0; time < 3; time += 1) livekit.refuse(new Error('the chunk is not there'));
    media.join(createConnection('first'), wanted);
    await jest.advanceTimersByTimeAsync(10_000);
    expect(media.view.state).toBe('connected');
    expect(heard.error.mock.calls).toEqual([[expect.objectContaining({ code: 'MEDIA_FAILED' })]]);
  });

  describe('yielding to another device', () => {
    const yielding = async () => {
      const joined = await createJoinedMedia();
      joined.media.yield();
      return joined;
    };

    it('stay until that device is in the room', async () => {
      const { livekit, heard } = await yielding();
      expect(livekit.last().signal.aborted).toBe(false);
      livekit.last().end('moved');
      await settle();
      expect(heard.moved).toHaveBeenCalledTimes(1);
    });

    it('leave after five seconds when that device does not come', async () => {
      const { media, livekit } = await yielding();
      await jest.advanceTimersByTimeAsync(5000);
      expect(livekit.last().signal.aborted).toBe(true);
      expect(media.view.state).toBe('off');
    });

    it('do not rejoin when the room is lost meanwhile', async () => {
      const { media, livekit } = await yielding();
      livekit.last().end('lost');
      await jest.advanceTimersByTimeAsync(60_000);
      expect(livekit.rooms).toHaveLength(1);
      expect(media.view.state).toBe('off');
    });
  });
});
