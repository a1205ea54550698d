import { jest } from '@jest/globals';
import type { Call, CallEvent } from '@ringline/contract';
import { createCalls } from '#src/calls.ts';
import { RinglineError } from '#src/errors.ts';
import { type MediaRoom, nothing, type OpenRoom } from '#src/media/room.ts';
import type { Rest } from '#src/rest.ts';
import { createCallMemory } from '#src/resume.ts';
import type { RinglineCall } from '#src/ringline-call.ts';
import type { Signalling } from '#src/signalling.ts';
import {
  at,
  CALL_ID,
  callInTheEnd,
  endedEvent,
  eventNumber,
  followingEvents,
  participant,
  ringingCall,
} from './sample-calls.ts';

const connection = { url: 'ws://livekit.test', token: 't', expiresAt: at(59), iceServers: [] };
type Asked = [name: string, payload: Record<string, unknown>];

const createStore = () => {
  const items = new Map<string, string>();
  return {
    items,
    getItem: (key: string) => items.get(key) ?? null,
    setItem: (key: string, value: string) => void items.set(key, value),
    removeItem: (key: string) => void items.delete(key),
  };
};

/** One device of `userId`, with a service and a LiveKit that do what the test says. */
const deviceOf = (userId: string, { storage = createStore(), deviceId = 'tab' } = {}) => {
  const asked: Asked[] = [];
  const answers: Record<string, (payload: never) => unknown> = {
    'call:sync': () => ({ calls: [] }),
    'call:ringing': () => ({ call: ringingCall() }),
  };
  const request = async (name: string, payload: Record<string, unknown>) => {
    asked.push([name, payload]);
    const answer = answers[name];
    if (answer === undefined) return { participant: participant(userId) };
    return answer(payload as never);
  };
  const joins: { token: string; microphone: boolean; camera: boolean; signal: AbortSignal }[] = [];
  const leaveRoom: ((how: 'moved' | 'lost') => void)[] = [];
  const openRoom: OpenRoom = async ({ token }, { microphone, camera }, _handlers, signal) => {
    joins.push({ token, microphone, camera, signal });
    const room: MediaRoom = {
      steady: true,
      sending: { microphone, camera, screen: false },
      local: nothing,
      remote: () => nothing,
      audioBlocked: false,
      unblockAudio: async () => undefined,
      send: async () => undefined,
      limitVideo: async () => undefined,
      readStats: async () => ({ send: [], receive: [] }),
      gone: new Promise((resolve) => leaveRoom.push(resolve)),
    };
    return room;
  };
  const rest = {
    getCall: jest.fn<Rest['getCall']>(),
    connection: jest.fn<Rest['connection']>(async () => ({ ...connection, token: 'again' })),
  };
  const onIncoming = jest.fn<(call: RinglineCall) => void>();
  const calls = createCalls({
    userId,
    deviceId,
    request: request as Signalling['request'],
    rest: rest as unknown as Rest,
    memory: createCallMemory(storage, deviceId),
    openRoom,
    quality: {},
    retry: { delayMs: () => 100 },
    logger: { debug: jest.fn(), info: jest.fn(), warn: jest.fn(), error: jest.fn() },
    onIncoming,
    onListed: jest.fn(),
  });
  const names = () => asked.map(([name]) => name);
  return { calls, asked, names, answers, joins, leaveRoom, rest, onIncoming, storage };
};

const incoming = (call: Call = ringingCall()) => ({
  callId: call.id,
  seq: call.seq,
  call,
  ringExpiresAt: at(30),
});
const settle = () => jest.advanceTimersByTimeAsync(0);

const listenTo = (call: RinglineCall) => {
  const heard: [name: string, cause?: string][] = [];
  call.on('ringing_stopped', (what) => heard.push(['ringing_stopped', what.cause]));
  call.on('moved', () => heard.push(['moved']));
  call.on('ended', (what) => heard.push(['ended', what.cause]));
  return heard;
};

const only = (calls: RinglineCall[]): RinglineCall => {
  const [call, ...more] = calls;
  if (call === undefined || more.length > 0) throw new Error(`${calls.length} calls, not one`);
  return call;
};

const answered = (userId: string, state: 'joining' | 'joined' = 'joining'): Call =>
  ringingCall({
    seq: 5,
    state: 'connecting',
    answeredAt: at(4),
    participants: ringingCall().participants.map((one) =>
      one.userId === userId ? { ...one, state } : one,
    ),
  });

const acceptedBy = (deviceId: string): CallEvent => ({
  ...(eventNumber(4) as Extract<CallEvent, { event: 'call:accepted' }>),
  seq: 3,
  deviceId,
});

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

describe('a ring', () => {
  it('is told once and acknowledged at once, however often it is repeated', async () => {
    const { calls, names, onIncoming } = deviceOf('ben');
    for (let time = 0; time < 3; time += 1) {
      calls.notice('call:incoming', incoming());
      await settle();
    }
    expect(onIncoming).toHaveBeenCalledTimes(1);
    expect(names()).toEqual(['call:ringing']);
    expect(only(calls.list()).stage).toBe('incoming');
  });

  it('is acknowledged with the next repetition when the first answer was lost', async () => {
    const { calls, names, answers } = deviceOf('ben');
    const acknowledge = answers['call:ringing'];
    answers['call:ringing'] = () => Promise.reject(new RinglineError('UNREACHABLE', 'lost'));
    calls.notice('call:incoming', incoming());
    await settle();
    answers['call:ringing'] = acknowledge ?? (() => null);
    calls.notice('call:incoming', incoming());
    await settle();
    calls.notice('call:incoming', incoming());
    await settle();
    expect(names()).toEqual(['call:ringing', 'call:ringing']);
  });

  it('is found by the sync of a connect, without a notice', async () => {
    const { calls, onIncoming, names } = deviceOf('ben');
    calls.notice('call:sync', { calls: [ringingCall()] });
    await settle();
    expect(onIncoming).toHaveBeenCalledTimes(1);
    expect(names()).toEqual(['call:ringing']);
  });

  it('rings again for one who is invited back', async () => {
    const { calls, onIncoming, names } = deviceOf('ben');
    const declined = ringingCall({
      seq: 3,
      mode: 'group',
      participants: [participant('ben', { state: 'declined' })],
    });
    calls.notice('call:incoming', incoming());
    await settle();
    calls.notice('call:sync', { calls: [declined] });
    calls.notice('call:incoming', incoming(ringingCall({ seq: 4, mode: 'group' })));
    await settle();
    expect(onIncoming).toHaveBeenCalledTimes(2);
    expect(names()).toEqual(['call:ringing', 'call:ringing']);
  });

  it.each([
    ['answered_elsewhere', acceptedBy('phone')],
    [
      'timeout',
      {
        ...eventNumber(3),
        event: 'call:missed',
        participant: participant('ben', { state: 'missed' }),
      },
    ],
    ['ended', endedEvent(3)],
  ] as [string, CallEvent][])('stops with the cause %s, once', async (cause, event) => {
    const { calls } = deviceOf('ben');
    calls.notice('call:incoming', incoming());
    const heard = listenTo(only(calls.list()));
    calls.event(event);
    calls.notice('call:ringing_stopped', { callId: CALL_ID, seq: 3, cause: 'ended' });
    expect(heard.filter(([name]) => name === 'ringing_stopped')).toEqual([
      ['ringing_stopped', cause],
    ]);
  });

  it('that another device declined says so', () => {
    const { calls } = deviceOf('ben');
    calls.notice('call:incoming', incoming());
    const heard = listenTo(only(calls.list()));
    calls.notice('call:ringing_stopped', { callId: CALL_ID, seq: 3, cause: 'declined_elsewhere' });
    expect(heard).toEqual([['ringing_stopped', 'declined_elsewhere']]);
  });

  it('that this device declines ends without a word of another one', async () => {
    const { calls, answers } = deviceOf('ben');
    calls.notice('call:incoming', incoming());
    const call = only(calls.list());
    const heard = listenTo(call);
    const ended = { ...endedEvent(3).call, endReason: 'declined', state: 'declined' } as const;
    answers['call:decline'] = () => ({ call: ended });
    await call.decline();
    expect(heard).toEqual([['ended', 'declined']]);
    expect(calls.list()).toEqual([]);
  });
});

describe('accepting', () => {
  it('joins the media on this device', async () => {
    const { calls, answers, joins } = deviceOf('ben');
    calls.notice('call:incoming', incoming());
    const call = only(calls.list());
    const heard = listenTo(call);
    answers['call:accept'] = () => ({ call: answered('ben'), connection });
    await call.accept();
    await settle();
    expect(call).toMatchObject({ stage: 'connecting', here: true });
    expect(joins).toEqual([
      expect.objectContaining({ token: 't', microphone: true, camera: true }),
    ]);
    expect(heard).toEqual([]);
  });

  it('twice at once is accepting once', async () => {
    const { calls, answers, names, joins } = deviceOf('ben');
    calls.notice('call:incoming', incoming());
    answers['call:accept'] = () => ({ call: answered('ben'), connection });
    const call = only(calls.list());
    await Promise.all([call.accept(), call.accept()]);
    await settle();
    expect(names().filter((name) => name === 'call:accept')).toHaveLength(1);
    expect(joins).toHaveLength(1);
  });

  it('without a camera says so to the others', async () => {
    const { calls, answers, joins, asked } = deviceOf('ben');
    calls.notice('call:incoming', incoming());
    answers['call:accept'] = () => ({ call: answered('ben'), connection });
    await only(calls.list()).accept({ camera: false });
    await settle();
    expect(joins).toEqual([expect.objectContaining({ camera: false })]);
    expect(asked).toContainEqual(['call:toggle_video', { callId: CALL_ID, enabled: false }]);
  });

  it('goes on saying so until the service has heard it', async () => {
    const { calls, answers, asked } = deviceOf('ben');
    calls.notice('call:incoming', incoming());
    answers['call:accept'] = () => ({ call: answered('ben'), connection });
    const refusals = ['UNREACHABLE', 'UNAVAILABLE', 'RATE_LIMITED'] as const;
    const left = [...refusals];
    answers['call:toggle_video'] = () => {
      const code = left.shift();
      if (code !== undefined) throw new RinglineError(code, 'not now');
    };
    const call = only(calls.list());
    const onError = jest.fn();
    call.on('error', onError);
    await call.accept({ camera: false });
    await jest.advanceTimersByTimeAsync(10_000);
    const reports = asked.filter(([name]) => name === 'call:toggle_video');
    expect(reports).toEqual(
      Array(4).fill(['call:toggle_video', { callId: CALL_ID, enabled: false }]),
    );
    expect(onError).not.toHaveBeenCalled();
  });

  it('says nothing more of its camera once the call is over', async () => {
    const { calls, answers, names } = deviceOf('ben');
    calls.notice('call:incoming', incoming());
    answers['call:accept'] = () => ({ call: answered('ben'), connection });
    answers['call:toggle_video'] = () => {
      throw new RinglineError('UNREACHABLE', 'not now');
    };
    answers['call:end'] = () => ({ call: endedEvent(6).call });
    const call = only(calls.list());
    const onError = jest.fn();
    call.on('error', onError);
    await call.accept({ camera: false });
    await jest.advanceTimersByTimeAsync(1000);
    await call.hangUp();
    const before = names().length;
    await jest.advanceTimersByTimeAsync(60_000);
    expect(names().slice(before)).toEqual([]);
    expect(onError).not.toHaveBeenCalled();
  });

  it('too late rejects with the refusal', async () => {
    const { calls, answers, joins } = deviceOf('ben');
    calls.notice('call:incoming', incoming());
    answers['call:accept'] = () =>
      Promise.reject(new RinglineError('ANSWERED_ELSEWHERE', 'too late'));
    await expect(only(calls.list()).accept()).rejects.toMatchObject({ code: 'ANSWERED_ELSEWHERE' });
    expect(joins).toEqual([]);
  });

  it('on another device leaves this one with the call elsewhere, from where it can be taken over', async () => {
    const { calls, answers, asked, joins } = deviceOf('ben');
    calls.notice('call:incoming', incoming());
    calls.event(acceptedBy('phone'));
    const call = only(calls.list());
    expect(call.stage).toBe('elsewhere');
    answers['call:accept'] = () => ({ call: answered('ben', 'joined'), connection });
    await call.accept({ takeover: true });
    await settle();
    expect(call.here).toBe(true);
    expect(asked).toContainEqual(['call:accept', { callId: CALL_ID, takeover: true }]);
    expect(joins).toHaveLength(1);
  });
});

describe('a call that this device has started', () => {
  const start = { type: 'video', participantIds: ['ben'] } as const;

  it('is here from the first moment, whatever comes before the answer', async () => {
    const { calls, answers, joins } = deviceOf('ann');
    const stages: string[] = [];
    answers['call:start'] = () => {
      calls.event({
        event: 'call:started',
        callId: CALL_ID,
        seq: 1,
        at: at(1),
        call: ringingCall(),
      });
      stages.push(only(calls.list()).stage);
      return { call: ringingCall(), connection };
    };
    const call = await calls.start({ ...start, participantIds: [...start.participantIds] });
    await settle();
    expect([...stages, call.stage]).toEqual(['outgoing', 'outgoing']);
    expect(joins).toHaveLength(1);
  });

  it('carries a key that makes it safe to send again', async () => {
    const { calls, answers, asked } = deviceOf('ann');
    answers['call:start'] = () => ({ call: ringingCall(), connection });
    await calls.start({ ...start, participantIds: ['ben'] });
    expect(asked[0]).toEqual([
      'call:start',
      {
        type: 'video',
        participantIds: ['ben'],
        idempotencyKey: expect.stringMatching(/^[0-9a-f]{32}$/),
      },
    ]);
  });

  it('is elsewhere when another device of the user has started it', () => {
    const { calls } = deviceOf('ann');
    calls.event({ event: 'call:started', callId: CALL_ID, seq: 1, at: at(1), call: ringingCall() });
    expect(only(calls.list()).stage).toBe('elsewhere');
  });

  it('is cancelled by hanging up, and the media are left at once', async () => {
    const { calls, answers, joins, asked } = deviceOf('ann');
    answers['call:start'] = () => ({ call: ringingCall({ mode: 'group' }), connection });
    const call = await calls.start({ ...start, participantIds: ['ben', 'cleo'] });
    await settle();
    const heard = listenTo(call);
    const cancelled = { state: 'cancelled', endReason: 'cancelled', seq: 3 } as const;
    answers['call:end'] = () => {
      expect(joins[0]?.signal.aborted).toBe(true);
      return { call: ringingCall(cancelled) };
    };
    await call.hangUp();
    expect(heard).toEqual([['ended', 'cancelled']]);
    expect(asked.at(-1)).toEqual(['call:end', { callId: CALL_ID }]);
  });
});

describe('hanging up', () => {
  it.each([
    ['direct', 'call:end'],
    ['group', 'call:leave'],
  ] as const)('in a running %s call sends %s', async (mode, name) => {
    const { calls, answers, asked } = deviceOf('ben');
    answers['call:accept'] = () => ({ call: { ...answered('ben', 'joined'), mode }, connection });
    answers[name] = () => ({ call: { ...endedEvent(6).call, mode } });
    calls.notice('call:incoming', incoming());
    const call = only(calls.list());
    await call.accept();
    await call.hangUp();
    await call.hangUp();
    expect(asked.filter(([asking]) => asking === name)).toHaveLength(1);
    expect(call.stage).toBe('over');
  });
});

describe('hanging up a direct call that has just become a group of another host', () => {
  it('leaves it', async () => {
    const { calls, answers, names } = deviceOf('ben');
    answers['call:accept'] = () => ({ call: answered('ben', 'joined'), connection });
    answers['call:end'] = () => Promise.reject(new RinglineError('FORBIDDEN', 'not the host'));
    answers['call:leave'] = () => ({ call: endedEvent(6).call });
    calls.notice('call:incoming', incoming());
    const call = only(calls.list());
    await call.accept();
    await call.hangUp();
    expect(names().slice(-2)).toEqual(['call:end', 'call:leave']);
    expect(call.stage).toBe('over');
  });
});

describe('a call that goes to another device', () => {
  it('is told when LiveKit says so, and is not fetched back', async () => {
    const { calls, answers, joins, leaveRoom, storage } = deviceOf('ben');
    answers['call:accept'] = () => ({ call: answered('ben', 'joined'), connection });
    calls.notice('call:incoming', incoming());
    const call = only(calls.list());
    await call.accept();
    await settle();
    const heard = listenTo(call);
    leaveRoom[0]?.('moved');
    await jest.advanceTimersByTimeAsync(1000);
    expect(heard).toEqual([['moved']]);
    expect(call.stage).toBe('elsewhere');
    expect(joins).toHaveLength(1);
    expect(storage.items.size).toBe(0);
  });
});

describe('after a reload', () => {
  const inCall = async () => {
    const page = deviceOf('ben');
    page.answers['call:accept'] = () => ({ call: answered('ben', 'joined'), connection });
    page.calls.notice('call:incoming', incoming());
    await only(page.calls.list()).accept();
    return page;
  };
  const muted = (): Call => {
    const call = answered('ben', 'joined');
    const participants = call.participants.map((one) => ({ ...one, audioEnabled: false }));
    return { ...call, participants };
  };

  it('the device that was in the call gets back into it by itself, muted as it was', async () => {
    const { storage } = await inCall();
    const { calls, joins, names } = deviceOf('ben', { storage });
    calls.notice('call:sync', { calls: [muted()] });
    await settle();
    expect(only(calls.list()).here).toBe(true);
    expect(joins).toEqual([
      expect.objectContaining({ token: 'again', microphone: false, camera: true }),
    ]);
    expect(names()).toEqual([]);
  });

  it('a duplicated tab does not take the call', async () => {
    const { storage } = await inCall();
    const { calls, joins } = deviceOf('ben', { storage, deviceId: 'duplicate' });
    calls.notice('call:sync', { calls: [answered('ben', 'joined')] });
    await settle();
    expect(only(calls.list()).stage).toBe('elsewhere');
    expect(joins).toEqual([]);
  });

  it('the call that has been taken over meanwhile stays where it is', async () => {
    const { storage } = await inCall();
    const { calls, joins, rest } = deviceOf('ben', { storage });
    rest.connection.mockRejectedValue(new RinglineError('ANSWERED_ELSEWHERE', 'moved'));
    calls.notice('call:sync', { calls: [answered('ben', 'joined')] });
    await settle();
    expect(only(calls.list()).stage).toBe('elsewhere');
    expect(joins).toEqual([]);
    expect(storage.items.size).toBe(0);
  });
});

describe('sync', () => {
  const inCall = async () => {
    const device = deviceOf('ben');
    device.answers['call:accept'] = () => ({ call: answered('ben', 'joined'), connection });
    device.calls.notice('call:incoming', incoming());
    await only(device.calls.list()).accept();
    await settle();
    device.asked.length = 0;
    return device;
  };

  it('is asked for every ten seconds while there is a live call, with what is known', async () => {
    const { calls, asked, answers } = await inCall();
    answers['call:sync'] = () => ({ calls: [answered('ben', 'joined')] });
    await jest.advanceTimersByTimeAsync(20_000);
    expect(asked).toEqual([
      ['call:sync', { calls: { [CALL_ID]: 5 } }],
      ['call:sync', { calls: { [CALL_ID]: 5 } }],
    ]);
    calls.event(endedEvent());
    await jest.advanceTimersByTimeAsync(60_000);
    expect(asked).toHaveLength(2);
  });

  it('finds the end of a call that nobody told', async () => {
    const { calls, answers } = await inCall();
    const heard = listenTo(only(calls.list()));
    answers['call:sync'] = () => ({ calls: [endedEvent().call] });
    await calls.sync();
    expect(heard).toEqual([['ended', 'hangup']]);
  });

  it('reads as a record what the service no longer lists', async () => {
    const { calls, rest } = await inCall();
    const heard = listenTo(only(calls.list()));
    const removed = participant('ben', { state: 'removed' });
    rest.getCall.mockResolvedValue({ ...callInTheEnd(), participants: [removed] });
    await calls.sync();
    expect(heard).toEqual([['ended', 'removed']]);
  });

  it('is asked for when an event stays away for 300 ms', async () => {
    const { calls, asked, answers } = await inCall();
    answers['call:sync'] = () => ({ calls: [callInTheEnd()] });
    calls.event(eventNumber(7));
    await jest.advanceTimersByTimeAsync(300);
    expect(asked.map(([name]) => name)).toEqual(['call:sync']);
    expect(only(calls.list()).snapshot.seq).toBe(10);
  });

  it('brings the events of an unknown call to rest', async () => {
    const { calls, asked } = deviceOf('ben');
    calls.event(followingEvents[3] ?? endedEvent());
    await jest.advanceTimersByTimeAsync(10_000);
    expect(asked).toEqual([['call:sync', { calls: {} }]]);
    expect(calls.list()).toEqual([]);
  });

  it('asks one question at a time', async () => {
    const { calls, asked, answers } = deviceOf('ben');
    const { promise, resolve } = Promise.withResolvers<{ calls: Call[] }>();
    answers['call:sync'] = () => promise;
    const first = calls.sync();
    calls.sync();
    const third = calls.sync();
    await settle();
    expect(asked).toHaveLength(1);
    resolve({ calls: [] });
    await Promise.all([first, third]);
    expect(asked).toHaveLength(2);
  });
});

describe('a call that is over', () => {
  it('hears nothing of what comes late or twice', async () => {
    const { calls, onIncoming } = deviceOf('ben');
    calls.notice('call:incoming', incoming());
    await settle();
    const heard = listenTo(only(calls.list()));
    calls.event(endedEvent());
    calls.event(endedEvent());
    calls.notice('call:incoming', incoming());
    calls.notice('call:ringing_stopped', { callId: CALL_ID, seq: 3, cause: 'ended' });
    expect(heard).toEqual([
      ['ringing_stopped', 'ended'],
      ['ended', 'hangup'],
    ]);
    expect(onIncoming).toHaveBeenCalledTimes(1);
    expect(calls.list()).toEqual([]);
  });

  it('can be come back to when it is a group that goes on', async () => {
    const { calls, answers, asked } = deviceOf('ben');
    calls.notice('call:incoming', incoming(ringingCall({ mode: 'group' })));
    const call = only(calls.list());
    const left = { ...callInTheEnd(), participants: [participant('ben', { state: 'left' })] };
    answers['call:accept'] = () => ({
      call: { ...answered('ben'), mode: 'group', seq: 11 },
      connection,
    });
    calls.notice('call:sync', { calls: [left] });
    expect(calls.list()).toEqual([]);
    await call.rejoin();
    expect(only(calls.list())).toBe(call);
    expect(asked).toContainEqual(['call:accept', { callId: CALL_ID, rejoin: true }]);
  });
});
