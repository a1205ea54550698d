import { jest } from '@jest/globals';
import type { Connection } from '@ringline/contract';
import { RinglineError } from '#src/errors.ts';
import { createCallMedia, type MediaControl } from '#src/media/call-media.ts';
import {
  type MediaRoom,
  nothing,
  type OpenRoom,
  type Sending,
  unlimited,
  type VideoLimits,
} from '#src/media/room.ts';

function connection(token: string): Connection {
  return {
    url: 'ws://livekit.test',
    token,
    expiresAt: '2026-01-31T12:10:00.000Z',
    iceServers: [],
  };
}
const wanted = { microphone: true, camera: true };
function refusal(code: 'ANSWERED_ELSEWHERE' | 'CALL_ENDED' | 'INTERNAL') {
  return new RinglineError(code, code);
}

interface ScriptedRoom {
  token: string;
  wanted: Sending;
  signal: AbortSignal;
  state: { steady: boolean; sending: Sending; limits: VideoLimits | null };
  change(): void;
  fail(error: RinglineError): void;
  goes(how: 'moved' | 'lost'): void;
}

/** A LiveKit that does what the test says; `refuse` makes the next join fail. */
function createRooms() {
  const rooms: ScriptedRoom[] = [];
  const failures: Error[] = [];
  const open: OpenRoom = async ({ token }, wants, { onChange, onError }, signal) => {
    const failure = failures.shift();
    if (failure !== undefined) throw failure;
    const { promise: gone, resolve: goes } = Promise.withResolvers<'moved' | 'lost'>();
    const state: ScriptedRoom['state'] = { steady: true, sending: wants, limits: null };
    rooms.push({ token, wanted: wants, signal, state, change: onChange, fail: onError, goes });
    const media: MediaRoom = {
      get steady() {
        return state.steady;
      },
      get sending() {
        return state.sending;
      },
      local: nothing,
      remote: () => nothing,
      audioBlocked: false,
      unblockAudio: async () => undefined,
      send: async (source, on) => {
        state.sending = { ...state.sending, [source]: on };
        onChange();
      },
      limitVideo: async (limits) => {
        state.limits = limits;
      },
      readStats: async () => ({ send: [], receive: [] }),
      gone,
    };
    return media;
  };
  const last = (): ScriptedRoom => {
    const room = rooms.at(-1);
    if (room === undefined) throw new Error('no room was opened');
    return room;
  };
  return { open, rooms, last, refuse: (error: Error) => failures.push(error) };
}

function begin(openRoom?: OpenRoom | null) {
  const livekit = createRooms();
  let asked = 0;
  const getConnection = jest.fn(async () => {
    asked += 1;
    return connection(`fresh-${asked}`);
  });
  const told = {
    onStay: jest.fn<(signal: AbortSignal) => void>(),
    onChange: jest.fn(),
    onSending: jest.fn(),
    onMoved: jest.fn(),
    onRefused: jest.fn(),
    onError: jest.fn(),
  };
  const logger = { debug: jest.fn(), info: jest.fn(), warn: jest.fn(), error: jest.fn() };
  const media = createCallMedia({
    ...told,
    openRoom: openRoom === undefined ? livekit.open : openRoom,
    getConnection,
    retry: { delayMs: (attempt) => 100 * 2 ** attempt },
    logger,
  });
  return { media, livekit, getConnection, told };
}

function settle() {
  return jest.advanceTimersByTimeAsync(0);
}

describe('the media of a call', () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  it('is joined with the connection that came with the accept', async () => {
    const { media, livekit, getConnection } = begin();
    media.join(connection('first'), wanted);
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
    media.join(connection('first'), wanted);
    await settle();
    await media.send('camera', false);
    await settle();
    livekit.last().goes('lost');
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
    media.join(connection('first'), wanted);
    await jest.advanceTimersByTimeAsync(100 + 200 + 399);
    expect(livekit.rooms).toHaveLength(0);
    await jest.advanceTimersByTimeAsync(1);
    expect(livekit.rooms).toHaveLength(1);
    await jest.advanceTimersByTimeAsync(10_001);
    livekit.last().goes('lost');
    await jest.advanceTimersByTimeAsync(100);
    expect(livekit.rooms).toHaveLength(2);
  });

  it('does not come back when another device has taken the call', async () => {
    const { media, livekit, told, getConnection } = begin();
    media.join(connection('first'), wanted);
    await settle();
    livekit.last().goes('moved');
    await jest.advanceTimersByTimeAsync(60_000);
    expect(told.onMoved).toHaveBeenCalledTimes(1);
    expect(getConnection).not.toHaveBeenCalled();
    expect(livekit.rooms).toHaveLength(1);
  });

  it.each(['ANSWERED_ELSEWHERE', 'CALL_ENDED'] as const)(
    'does not come back when the service says %s',
    async (code) => {
      const { media, livekit, told, getConnection } = begin();
      getConnection.mockRejectedValue(refusal(code));
      media.join(connection('first'), wanted);
      await settle();
      livekit.last().goes('lost');
      await jest.advanceTimersByTimeAsync(60_000);
      expect(told.onRefused.mock.calls).toEqual([[expect.objectContaining({ code })]]);
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
    const { media, livekit, getConnection, told } = begin();
    getConnection.mockRejectedValueOnce(refusal('INTERNAL'));
    media.join(null, wanted);
    await jest.advanceTimersByTimeAsync(100);
    expect(livekit.rooms).toHaveLength(1);
    expect(told.onRefused).not.toHaveBeenCalled();
  });

  it('tells what goes out when it changes without us, as by the mute of a host', async () => {
    const { media, livekit, told } = begin();
    media.join(connection('first'), wanted);
    await settle();
    const muted = { microphone: false, camera: true, screen: false };
    livekit.last().state.sending = muted;
    livekit.last().change();
    await settle();
    expect(told.onSending.mock.calls).toEqual([[muted]]);
  });

  it('takes nothing for switched off while LiveKit repairs its connection', async () => {
    const { media, livekit, told } = begin();
    media.join(connection('first'), wanted);
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
    expect(told.onSending).not.toHaveBeenCalled();
  });

  it('takes nothing for switched off when the room ends, and sends it again in the next one', async () => {
    const { media, livekit, told } = begin();
    media.join(connection('first'), wanted);
    await settle();
    const { state, change, goes } = livekit.last();
    state.sending = { microphone: false, camera: false, screen: false };
    change();
    state.steady = false;
    goes('lost');
    await jest.advanceTimersByTimeAsync(100);
    expect(told.onSending).not.toHaveBeenCalled();
    expect(livekit.last().wanted).toEqual({ ...wanted, screen: false });
  });

  it('shares no screen any more in a new room', async () => {
    const { media, livekit, told } = begin();
    media.join(connection('first'), wanted);
    await settle();
    await media.send('screen', true);
    await settle();
    livekit.last().goes('lost');
    await jest.advanceTimersByTimeAsync(100);
    expect(livekit.last().wanted.screen).toBe(false);
    expect(told.onSending).toHaveBeenLastCalledWith({ ...wanted, screen: false });
  });

  it('ends the room when we leave, and stays away', async () => {
    const { media, livekit } = begin();
    media.join(connection('first'), wanted);
    await settle();
    media.leave();
    expect(media.view.state).toBe('off');
    expect(livekit.last().signal.aborted).toBe(true);
    livekit.last().goes('lost');
    await jest.advanceTimersByTimeAsync(60_000);
    expect(livekit.rooms).toHaveLength(1);
  });

  it('can be joined again after leaving, and only the new room counts', async () => {
    const { media, livekit, told } = begin();
    media.join(connection('first'), wanted);
    await settle();
    const old = livekit.last();
    media.join(connection('second'), wanted);
    await settle();
    old.goes('moved');
    await settle();
    expect(media.view.state).toBe('connected');
    expect(told.onMoved).not.toHaveBeenCalled();
    expect(livekit.last().token).toBe('second');
  });

  it.each([
    ['is left', (media: MediaControl) => media.leave()],
    ['is lost', (_media: MediaControl, room: ScriptedRoom) => room.goes('lost')],
  ])('takes no device for broken that could not be sent because the room %s', async (_how, end) => {
    const { media, livekit, told } = begin();
    media.join(connection('first'), wanted);
    await settle();
    const room = livekit.last();
    const failure = new RinglineError('MEDIA_FAILED', 'The camera cannot be used.');
    room.fail(failure);
    expect(told.onError.mock.calls).toEqual([[failure]]);
    end(media, room);
    await settle();
    room.fail(failure);
    expect(told.onError).toHaveBeenCalledTimes(1);
  });

  it('limits video in the room that it is in, and in each one after it', async () => {
    const { media, livekit } = begin();
    media.join(connection('first'), wanted);
    await settle();
    expect(livekit.last().state.limits).toEqual(unlimited);
    const limits: VideoLimits = { send: 'none', receive: 'low' };
    await media.limitVideo(limits);
    expect(livekit.last().state.limits).toEqual(limits);
    livekit.last().goes('lost');
    await jest.advanceTimersByTimeAsync(100);
    expect(livekit.rooms).toHaveLength(2);
    expect(livekit.last().state.limits).toEqual(limits);
  });

  it('has something to measure only while it is in a room', async () => {
    const { media, livekit, told } = begin();
    expect(await media.readStats()).toBeNull();
    media.join(connection('first'), wanted);
    await settle();
    expect(await media.readStats()).toEqual({ send: [], receive: [] });
    livekit.last().state.steady = false;
    expect(await media.readStats()).toBeNull();
    const [stay] = told.onStay.mock.lastCall ?? [];
    expect(stay?.aborted).toBe(false);
    media.leave();
    expect(stay?.aborted).toBe(true);
    expect(await media.readStats()).toBeNull();
  });

  it('lets a host app without media say itself what it sends', async () => {
    const { media, told } = begin(null);
    media.join(connection('first'), wanted);
    await media.send('screen', true);
    expect(media.view.state).toBe('off');
    expect(told.onSending).toHaveBeenCalledWith(expect.objectContaining({ screen: true }));
  });

  it('that has trouble on its way in is told of once, as long as it takes', async () => {
    const { media, livekit, told } = begin();
    for (let time = 0; time < 3; time += 1) livekit.refuse(new Error('the chunk is not there'));
    media.join(connection('first'), wanted);
    await jest.advanceTimersByTimeAsync(10_000);
    expect(media.view.state).toBe('connected');
    expect(told.onError.mock.calls).toEqual([[expect.objectContaining({ code: 'MEDIA_FAILED' })]]);
  });

  describe('that yields to another device', () => {
    const yielding = async () => {
      const begun = begin();
      begun.media.join(connection('first'), wanted);
      await settle();
      begun.media.yield();
      return begun;
    };

    it('stays until that one is in the room', async () => {
      const { livekit, told } = await yielding();
      expect(livekit.last().signal.aborted).toBe(false);
      livekit.last().goes('moved');
      await settle();
      expect(told.onMoved).toHaveBeenCalledTimes(1);
    });

    it('leaves after five seconds where that one does not come', async () => {
      const { media, livekit } = await yielding();
      await jest.advanceTimersByTimeAsync(5000);
      expect(livekit.last().signal.aborted).toBe(true);
      expect(media.view.state).toBe('off');
    });

    it('does not come back where it loses the room meanwhile', async () => {
      const { media, livekit } = await yielding();
      livekit.last().goes('lost');
      await jest.advanceTimersByTimeAsync(60_000);
      expect(livekit.rooms).toHaveLength(1);
      expect(media.view.state).toBe('off');
    });
  });
});
