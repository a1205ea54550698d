import { jest } from '@jest/globals';
import { type Call, type CallEvent, hashDevice } from '@ringline/contract';
import { createCalls } from '#src/calls.ts';
import { type MediaRoom, nothing, type OpenRoom } from '#src/media/room.ts';
import type { Rest } from '#src/rest.ts';
import type { RetryPolicy } from '#src/retry.ts';
import type { RinglineCall } from '#src/ringline-call.ts';
import type { Signalling } from '#src/signalling.ts';
import { at, CALL_ID, eventNumber, participant, ringingCall } from './sample-calls.ts';

export const connection = {
  url: 'ws://livekit.test',
  token: 't',
  expiresAt: at(59),
  iceServers: [],
};
type Asked = [name: string, payload: Record<string, unknown>];

function createStore() {
  const items = new Map<string, string>();
  return {
    items,
    getItem: (key: string) => items.get(key) ?? null,
    setItem: (key: string, value: string) => void items.set(key, value),
    removeItem: (key: string) => void items.delete(key),
  };
}

/** One device of `userId`, with a service and a LiveKit that do what the test says. */
export function deviceOf(
  userId: string,
  { storage = createStore(), deviceId = 'tab', retry = { delayMs: () => 100 } as RetryPolicy } = {},
) {
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
  const onMissedBusy = jest.fn<(call: Call) => void>();
  const calls = createCalls({
    userId,
    deviceId,
    request: request as Signalling['request'],
    rest: rest as unknown as Rest,
    openRoom,
    quality: {},
    retry,
    logger: { debug: jest.fn(), info: jest.fn(), warn: jest.fn(), error: jest.fn() },
    onIncoming,
    onMissedBusy,
    onListed: jest.fn(),
  });
  const connected = new AbortController();
  const names = () => asked.map(([name]) => name);
  const sync = () => calls.connected(connected.signal);
  return {
    ...{ calls, connected, sync, asked, names },
    ...{ answers, joins, leaveRoom, rest, onIncoming, onMissedBusy, storage },
  };
}

export function incoming(call: Call = ringingCall()) {
  return {
    callId: call.id,
    seq: call.seq,
    call,
    ringExpiresAt: at(30),
  };
}
export function settle() {
  return jest.advanceTimersByTimeAsync(0);
}

export function listenTo(call: RinglineCall) {
  const heard: [name: string, cause?: string][] = [];
  call.on('ringing_stopped', (what) => heard.push(['ringing_stopped', what.cause]));
  call.on('moved', () => heard.push(['moved']));
  call.on('ended', (what) => heard.push(['ended', what.cause]));
  return heard;
}

export function only(calls: RinglineCall[]): RinglineCall {
  const [call, ...more] = calls;
  if (call === undefined || more.length > 0) throw new Error(`${calls.length} calls, not one`);
  return call;
}

/** The call once it is answered, on the device `tab` unless another one is named. */
export function answered(
  userId: string,
  state: 'joining' | 'joined' = 'joining',
  deviceId = 'tab',
): Call {
  return ringingCall({
    seq: 5,
    state: 'connecting',
    answeredAt: at(4),
    participants: ringingCall().participants.map((one) =>
      one.userId === userId
        ? { ...one, state, deviceHash: hashDevice(CALL_ID, userId, deviceId) }
        : one,
    ),
  });
}

export function acceptedBy(deviceId: string): CallEvent {
  const event = eventNumber(4) as Extract<CallEvent, { event: 'call:accepted' }>;
  const deviceHash = hashDevice(CALL_ID, 'ben', deviceId);
  return { ...event, seq: 3, deviceId, participant: { ...event.participant, deviceHash } };
}
