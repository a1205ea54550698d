import { jest } from '@jest/globals';
import type { Call } from '@ringline/contract';
import { RinglineError, type RinglineErrorCode } from '#src/errors.ts';
import { settle, useFakeTimers } from '../fixtures/environment.ts';
import {
  CALL_ID,
  callInTheEnd,
  endedEvent,
  eventNumber,
  followingEvents,
  participant,
  ringingCall,
} from '../fixtures/sample-calls.ts';
import {
  answered,
  connection,
  createDevice,
  incoming,
  listenTo,
  only,
} from '../fixtures/scripted-device.ts';

useFakeTimers();

/** Ben's device, which has accepted the call. */
async function inCall() {
  const device = createDevice('ben');
  device.answers['call:accept'] = () => ({ call: answered('ben', 'joined'), connection });
  device.calls.handleNotice('call:incoming', incoming());
  await only(device.calls.list()).accept();
  return device;
}

describe('after a reload', () => {
  const muted = (): Call => {
    const call = answered('ben', 'joined');
    const participants = call.participants.map((one) => ({ ...one, audioEnabled: false }));
    return { ...call, participants };
  };

  it('the device that was in the call rejoins it, muted as before', async () => {
    const { storage } = await inCall();
    const { calls, joins, names } = createDevice('ben', { storage });
    calls.handleNotice('call:sync', { calls: [muted()] });
    await settle();
    expect(only(calls.list()).here).toBe(true);
    expect(joins).toEqual([
      expect.objectContaining({
        token: 'again',
        wanted: { microphone: false, camera: true, screen: false },
      }),
    ]);
    expect(names()).toEqual([]);
  });

  it('a duplicated tab does not take the call', async () => {
    const { storage } = await inCall();
    const { calls, joins } = createDevice('ben', { storage, deviceId: 'duplicate' });
    calls.handleNotice('call:sync', { calls: [answered('ben', 'joined')] });
    await settle();
    expect(only(calls.list()).stage).toBe('elsewhere');
    expect(joins).toEqual([]);
  });

  it('a call taken over meanwhile stays on the other device', async () => {
    const { storage } = await inCall();
    const { calls, joins, rest } = createDevice('ben', { storage });
    rest.connection.mockRejectedValue(new RinglineError('ANSWERED_ELSEWHERE', 'moved'));
    calls.handleNotice('call:sync', { calls: [answered('ben', 'joined')] });
    await settle();
    expect(only(calls.list()).stage).toBe('elsewhere');
    expect(joins).toEqual([]);
  });
});

describe('sync', () => {
  const atRest = async () => {
    const device = await inCall();
    await settle();
    device.asked.length = 0;
    return device;
  };

  it('runs every ten seconds while there is a live call, with the known seq', async () => {
    const { calls, asked, answers } = await atRest();
    answers['call:sync'] = () => ({ calls: [answered('ben', 'joined')] });
    await jest.advanceTimersByTimeAsync(20_000);
    expect(asked).toEqual([
      ['call:sync', { calls: { [CALL_ID]: 5 } }],
      ['call:sync', { calls: { [CALL_ID]: 5 } }],
    ]);
    calls.handleEvent(endedEvent());
    await jest.advanceTimersByTimeAsync(60_000);
    expect(asked).toHaveLength(2);
  });

  it('finds the end of a call whose event was lost', async () => {
    const { calls, answers, sync } = await atRest();
    const heard = listenTo(only(calls.list()));
    answers['call:sync'] = () => ({ calls: [endedEvent().call] });
    await sync();
    expect(heard).toEqual([['ended', 'hangup']]);
  });

  it('fetches the record of a call that the service no longer lists', async () => {
    const { calls, rest, sync } = await atRest();
    const heard = listenTo(only(calls.list()));
    const removed = participant('ben', { state: 'removed' });
    rest.getCall.mockResolvedValue({ ...callInTheEnd(), participants: [removed] });
    await sync();
    expect(heard).toEqual([['ended', 'removed']]);
  });

  it('runs when an event has been missing for 300 ms', async () => {
    const { calls, asked, answers } = await atRest();
    answers['call:sync'] = () => ({ calls: [callInTheEnd()] });
    calls.handleEvent(eventNumber(7));
    await jest.advanceTimersByTimeAsync(300);
    expect(asked.map(([name]) => name)).toEqual(['call:sync']);
    expect(only(calls.list()).snapshot.seq).toBe(10);
  });

  it('drops the events of an unknown call', async () => {
    const { calls, asked } = createDevice('ben');
    calls.handleEvent(followingEvents[3] ?? endedEvent());
    await jest.advanceTimersByTimeAsync(10_000);
    expect(asked).toEqual([['call:sync', { calls: {} }]]);
    expect(calls.list()).toEqual([]);
  });

  it('sends one request at a time', async () => {
    const { sync, asked, answers } = createDevice('ben');
    const { promise, resolve } = Promise.withResolvers<{ calls: Call[] }>();
    answers['call:sync'] = () => promise;
    const first = sync();
    sync();
    const third = sync();
    await settle();
    expect(asked).toHaveLength(1);
    resolve({ calls: [] });
    await Promise.all([first, third]);
    expect(asked).toHaveLength(2);
  });
});

describe('a sync that the service refuses temporarily', () => {
  const refuseWith = (code: RinglineErrorCode, retryAfterSeconds?: number) => () =>
    Promise.reject(
      new RinglineError(code, 'not now', {
        details: retryAfterSeconds === undefined ? {} : { retryAfterSeconds },
      }),
    );
  const syncs = ({ names }: ReturnType<typeof createDevice>) =>
    names().filter((name) => name === 'call:sync').length;

  it.each(['INTERNAL', 'MEDIA_UNAVAILABLE', 'RATE_LIMITED', 'UNAVAILABLE', 'UNREACHABLE'] as const)(
    'is repeated after %s until it succeeds, without a known call',
    async (code) => {
      const device = createDevice('ben');
      device.answers['call:sync'] = refuseWith(code);
      void device.sync();
      await jest.advanceTimersByTimeAsync(1000);
      expect(syncs(device)).toBe(11);
      device.answers['call:sync'] = () => ({ calls: [ringingCall()] });
      await jest.advanceTimersByTimeAsync(100);
      expect(device.onIncoming).toHaveBeenCalledTimes(1);
      device.calls.handleEvent(endedEvent());
      await jest.advanceTimersByTimeAsync(60_000);
      expect(syncs(device)).toBe(12);
    },
  );

  it('waits for Retry-After and at most five seconds more', async () => {
    const device = createDevice('ben', { retry: { delayMs: () => 600_000 } });
    device.answers['call:sync'] = refuseWith('UNAVAILABLE', 3);
    void device.sync();
    await jest.advanceTimersByTimeAsync(7_999);
    expect(syncs(device)).toBe(1);
    await jest.advanceTimersByTimeAsync(1);
    expect(syncs(device)).toBe(2);
  });

  it('waits longer after each refusal, ends with the connection, and starts again with the next one', async () => {
    const device = createDevice('ben', { retry: { delayMs: (attempt) => 100 * 2 ** attempt } });
    device.answers['call:sync'] = refuseWith('UNAVAILABLE');
    void device.sync();
    await jest.advanceTimersByTimeAsync(100 + 200 + 400);
    expect(syncs(device)).toBe(4);
    device.connected.abort();
    await jest.advanceTimersByTimeAsync(60_000);
    expect(syncs(device)).toBe(4);
    void device.calls.handleConnected(new AbortController().signal);
    await jest.advanceTimersByTimeAsync(100);
    expect(syncs(device)).toBe(6);
  });

  it('is repeated at the same pace when an event is missing as well', async () => {
    const device = createDevice('ben', { retry: { delayMs: () => 2000 } });
    device.answers['call:sync'] = refuseWith('UNAVAILABLE');
    void device.sync();
    device.calls.handleEvent(eventNumber(7));
    await jest.advanceTimersByTimeAsync(6000);
    expect(syncs(device)).toBe(4);
  });

  it('is repeated when the record of a single call cannot be fetched', async () => {
    const device = await inCall();
    const removed = participant('ben', { state: 'removed' });
    device.rest.getCall.mockImplementationOnce(refuseWith('UNAVAILABLE'));
    device.rest.getCall.mockResolvedValue({ ...callInTheEnd(), participants: [removed] });
    void device.sync();
    await jest.advanceTimersByTimeAsync(100);
    expect(device.calls.list()).toEqual([]);
  });

  it('is not repeated after a final refusal', async () => {
    const device = createDevice('ben');
    device.answers['call:sync'] = refuseWith('FORBIDDEN');
    await device.sync();
    await jest.advanceTimersByTimeAsync(60_000);
    expect(syncs(device)).toBe(1);
  });
});
