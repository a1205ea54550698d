import { jest } from '@jest/globals';
import type { Listener } from '#src/emitter.ts';
import { RinglineError } from '#src/errors.ts';
import { createCallMedia, type MediaControl } from '#src/media/call-media.ts';
import { type OpenRoom, unlimited, type VideoLimits } from '#src/media/room.ts';
import { createLogger, settle, useFakeTimers } from '../fixtures/environment.ts';
import {
  createConnection,
  createScriptedRooms,
  type ScriptedRoom,
} from '../fixtures/scripted-rooms.ts';

const wanted = { microphone: true, camera: true };
function refusal(code: 'ANSWERED_ELSEWHERE' | 'CALL_ENDED' | 'INTERNAL') {
  return new RinglineError(code, code);
}

function begin(openRoom?: OpenRoom | null) {
  const livekit = createScriptedRooms();
  let asked = 0;
  const getConnection = jest.fn(async () => {
    asked += 1;
    return createConnection(`fresh-${asked}`);
  });
  const media = createCallMedia({
    openRoom: openRoom === undefined ? livekit.open : openRoom,
    getConnection,
    retry: { delayMs: (attempt) => 100 * 2 ** attempt },
    logger: createLogger(),
  });
  const heard = {
    joining: jest.fn<(signal: AbortSignal) => void>(),
    sending: jest.fn(),
    moved: jest.fn(),
    refused: jest.fn(),
    error: jest.fn(),
  };
  for (const name of ['joining', 'sending', 'moved', 'refused', 'error'] as const) {
    media.on(name, heard[name] as Listener<unknown>);
  }
  return { media, livekit, getConnection, heard };
}

describe('the media of a call', () => {
  useFakeTimers();

  it('is joined with the connection that came with the accept', async () => {
    const { media, livekit, getConnection } = begin();
    media.join(createConnection('first'), wanted);
    expect(media.view.state).toBe('connecting');
    await settle();
    expect(media.view.state).toBe('connected');
    expect(livekit.last()).toMatchObject({ token: 'first', wanted: { ...wanted, screen: false } });
    expect(getConnection).not.toHaveBeenCalled();
  });

  it('asks for a connection itself after a reload', async () => {
    const { media, livekit } = begin();
    media.join(null, wanted);
    await settle();
    expect(livekit.last().token).toBe('fresh-1');
  });

  it('is joined again, with a fresh token and what was sent before, when the room is lost', async () => {
    const { media, livekit } = begin();
    media.join(createConnection('first'), wanted);
    await settle();
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

  it('waits longer after each failure, and from the start again after a good stay', async () => {
    const { media, livekit } = begin();
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

  it('does not come back when another device has taken the call', async () => {
    const { media, livekit, heard, getConnection } = begin();
    media.join(createConnection('first'), wanted);
    await settle();
    livekit.last().end('moved');
    await jest.advanceTimersByTimeAsync(60_000);
    expect(heard.moved).toHaveBeenCalledTimes(1);
    expect(getConnection).not.toHaveBeenCalled();
    expect(livekit.rooms).toHaveLength(1);
  });

  it.each(['ANSWERED_ELSEWHERE', 'CALL_ENDED'] as const)(
    'does not come back when the service says %s',
    async (code) => {
      const { media, livekit, heard, getConnection } = begin();
      getConnection.mockRejectedValue(refusal(code));
      media.join(createConnection('first'), wanted);
      await settle();
      livekit.last().end('lost');
      await jest.advanceTimersByTimeAsync(60_000);
      expect(heard.refused.mock.calls).toEqual([[expect.objectContaining({ code })]]);
      expect(getConnection).toHaveBeenCalledTimes(1);
    },
  );

  it('tries again no sooner than the service asks for', async () => {
    const { media, livekit, getConnection } = begin();
    const details = { retryAfterSeconds: 3 };
    getConnection.mockRejectedValueOnce(new RinglineError('RATE_LIMITED', 'slow', { details }));
    media.join(null, wanted);
    await jest.advanceTimersByTimeAsync(3_099);
    expect(getConnection).toHaveBeenCalledTimes(1);
    await jest.advanceTimersByTimeAsync(1);
    expect(livekit.rooms).toHaveLength(1);
  });

  it('tries on when the service is in trouble', async () => {
    const { media, livekit, getConnection, heard } = begin();
    getConnection.mockRejectedValueOnce(refusal('INTERNAL'));
    media.join(null, wanted);
    await jest.advanceTimersByTimeAsync(100);
    expect(livekit.rooms).toHaveLength(1);
    expect(heard.refused).not.toHaveBeenCalled();
  });

  it('tells what goes out when it changes without us, as by the mute of a host', async () => {
    const { media, livekit, heard } = begin();
    media.join(createConnection('first'), wanted);
    await settle();
    const muted = { microphone: false, camera: true, screen: false };
    livekit.last().state.sending = muted;
    livekit.last().change();
    await settle();
    expect(heard.sending.mock.calls).toEqual([[muted]]);
  });

  it('takes nothing for switched off while LiveKit repairs its connection', async () => {
    const { media, livekit, heard } = begin();
    media.join(createConnection('first'), wanted);
    await settle();
    const { state, change } = livekit.last();
    state.steady = false;
    state.sending = { microphone: false, camera: false, screen: false };
    change();
    expect(media.view.state).toBe('reconnecting');
    state.steady = true;
    state.sending = { ...wanted, screen: false };
    change();
    expect(media.view.state).toBe('connected');
    await settle();
    expect(heard.sending).not.toHaveBeenCalled();
  });

  it('takes nothing for switched off when the room ends, and sends it again in the next one', async () => {
    const { media, livekit, heard } = begin();
    media.join(createConnection('first'), wanted);
    await settle();
    const { state, change, end } = livekit.last();
    state.sending = { microphone: false, camera: false, screen: false };
    change();
    state.steady = false;
    end('lost');
    await jest.advanceTimersByTimeAsync(100);
    expect(heard.sending).not.toHaveBeenCalled();
    expect(livekit.last().wanted).toEqual({ ...wanted, screen: false });
  });

  it('shares no screen any more in a new room', async () => {
    const { media, livekit, heard } = begin();
    media.join(createConnection('first'), wanted);
    await settle();
    await media.send('screen', true);
    await settle();
    livekit.last().end('lost');
    await jest.advanceTimersByTimeAsync(100);
    expect(livekit.last().wanted.screen).toBe(false);
    expect(heard.sending).toHaveBeenLastCalledWith({ ...wanted, screen: false });
  });

  it('ends the room when we leave, and stays away', async () => {
    const { media, livekit } = begin();
    media.join(createConnection('first'), wanted);
    await settle();
    media.leave();
    expect(media.view.state).toBe('off');
    expect(livekit.last().signal.aborted).toBe(true);
    livekit.last().end('lost');
    await jest.advanceTimersByTimeAsync(60_000);
    expect(livekit.rooms).toHaveLength(1);
  });

  it('can be joined again after leaving, and only the new room counts', async () => {
    const { media, livekit, heard } = begin();
    media.join(createConnection('first'), wanted);
    await settle();
    const old = livekit.last();
    media.join(createConnection('second'), wanted);
    await settle();
    old.end('moved');
    await settle();
    expect(media.view.state).toBe('connected');
    expect(heard.moved).not.toHaveBeenCalled();
    expect(livekit.last().token).toBe('second');
  });

  it.each([
    ['is left', (media: MediaControl) => media.leave()],
    ['is lost', (_media: MediaControl, room: ScriptedRoom) => room.end('lost')],
  ])('takes no device for broken that could not be sent because the room %s', async (_how, end) => {
    const { media, livekit, heard } = begin();
    media.join(createConnection('first'), wanted);
    await settle();
    const room = livekit.last();
    const failure = new RinglineError('MEDIA_FAILED', 'The camera cannot be used.');
    room.fail(failure);
    expect(heard.error.mock.calls).toEqual([[failure]]);
    end(media, room);
    await settle();
    room.fail(failure);
    expect(heard.error).toHaveBeenCalledTimes(1);
  });

  it('limits video in the room that it is in, and in each one after it', async () => {
    const { media, livekit } = begin();
    media.join(createConnection('first'), wanted);
    await settle();
    expect(livekit.last().state.limits).toEqual(unlimited);
    const limits: VideoLimits = { send: 'none', receive: 'low' };
    await media.limitVideo(limits);
    expect(livekit.last().state.limits).toEqual(limits);
    livekit.last().end('lost');
    await jest.advanceTimersByTimeAsync(100);
    expect(livekit.rooms).toHaveLength(2);
    expect(livekit.last().state.limits).toEqual(limits);
  });

  it('has something to measure only while it is in a room', async () => {
    const { media, livekit, heard } = begin();
    expect(await media.readStats()).toBeNull();
    media.join(createConnection('first'), wanted);
    await settle();
    expect(await media.readStats()).toEqual({ send: [], receive: [] });
    livekit.last().state.steady = false;
    expect(await media.readStats()).toBeNull();
    const [stay] = heard.joining.mock.lastCall ?? [];
    expect(stay?.aborted).toBe(false);
    media.leave();
    expect(stay?.aborted).toBe(true);
    expect(await media.readStats()).toBeNull();
  });

  it('lets a host app without media say itself what it sends', async () => {
    const { media, heard } = begin(null);
    media.join(createConnection('first'), wanted);
    await media.send('screen', true);
    expect(media.view.state).toBe('off');
    expect(heard.sending).toHaveBeenCalledWith(expect.objectContaining({ screen: true }));
  });

  it('that has trouble on its way in is told of once, as long as it takes', async () => {
    const { media, livekit, heard } = begin();
    for (let time = 0; time < 3; time += 1) livekit.refuse(new Error('the chunk is not there'));
    media.join(createConnection('first'), wanted);
    await jest.advanceTimersByTimeAsync(10_000);
    expect(media.view.state).toBe('connected');
    expect(heard.error.mock.calls).toEqual([[expect.objectContaining({ code: 'MEDIA_FAILED' })]]);
  });

  describe('that yields to another device', () => {
    const yielding = async () => {
      const begun = begin();
      begun.media.join(createConnection('first'), wanted);
      await settle();
      begun.media.yield();
      return begun;
    };

    it('stays until that one is in the room', async () => {
      const { livekit, heard } = await yielding();
      expect(livekit.last().signal.aborted).toBe(false);
      livekit.last().end('moved');
      await settle();
      expect(heard.moved).toHaveBeenCalledTimes(1);
    });

    it('leaves after five seconds where that one does not come', async () => {
      const { media, livekit } = await yielding();
      await jest.advanceTimersByTimeAsync(5000);
      expect(livekit.last().signal.aborted).toBe(true);
      expect(media.view.state).toBe('off');
    });

    it('does not come back where it loses the room meanwhile', async () => {
      const { media, livekit } = await yielding();
      livekit.last().end('lost');
      await jest.advanceTimersByTimeAsync(60_000);
      expect(livekit.rooms).toHaveLength(1);
      expect(media.view.state).toBe('off');
    });
  });
});
