import { jest } from '@jest/globals';
import { useFakeTimers } from '../fixtures/environment.ts';
import { at, callInTheEnd, ringingCall } from '../fixtures/sample-calls.ts';
import { createDevice, only } from '../fixtures/scripted-device.ts';

useFakeTimers();

const HOURS_MS = 7_200_000;
const connected = ringingCall({
  seq: 8,
  state: 'connected',
  answeredAt: at(4),
  connectedAt: at(5),
  participants: ringingCall().participants.map((one) => ({ ...one, state: 'joined' as const })),
});

describe('the time for which a call has been connected', () => {
  it.each([
    ['two hours ahead', HOURS_MS],
    ['two hours behind', -HOURS_MS],
  ])('continues after a reload on a device whose clock is %s', async (_, wrongBy) => {
    jest.setSystemTime(Date.parse(at(35)) + wrongBy);
    const { calls } = createDevice('ann');
    calls.handleNotice('call:sync', { calls: [connected], now: at(35) });
    const call = only(calls.list());
    expect(call.connectedForMs).toBe(30_000);
    await jest.advanceTimersByTimeAsync(10_000);
    expect(call.connectedForMs).toBe(40_000);
  });

  it('does not change when the clock is set', async () => {
    const { calls } = createDevice('ann');
    calls.handleNotice('call:sync', { calls: [connected], now: at(35) });
    jest.setSystemTime(Date.now() + HOURS_MS);
    expect(only(calls.list()).connectedForMs).toBe(30_000);
  });

  it('follows from the answer to a sync as well', async () => {
    const { calls, answers, sync } = createDevice('ann');
    answers['call:sync'] = () => ({ calls: [connected], now: at(20) });
    await sync();
    expect(only(calls.list()).connectedForMs).toBe(15_000);
    calls.close();
  });

  it('follows from events where the service sends no time', async () => {
    const { calls } = createDevice('ann');
    calls.handleNotice('call:sync', { calls: [{ ...connected, seq: 7 }] });
    expect(only(calls.list()).connectedForMs).toBe(0);
    calls.handleEvent({
      event: 'call:updated',
      callId: connected.id,
      seq: 8,
      at: at(25),
      mode: connected.mode,
      hostId: connected.hostId,
      expiresAt: null,
    });
    expect(only(calls.list()).connectedForMs).toBe(20_000);
  });

  it('does not go back after a late message', async () => {
    const { calls } = createDevice('ann');
    calls.handleNotice('call:sync', { calls: [connected], now: at(35) });
    await jest.advanceTimersByTimeAsync(8_000);
    calls.handleNotice('call:sync', { calls: [connected], now: at(36) });
    expect(only(calls.list()).connectedForMs).toBe(38_000);
  });

  it('is 0 before the call is connected', () => {
    const { calls } = createDevice('ann');
    calls.handleNotice('call:sync', { calls: [ringingCall()], now: at(30) });
    expect(only(calls.list()).connectedForMs).toBe(0);
  });

  it('stops when the call is over', async () => {
    const { calls } = createDevice('ann');
    calls.handleNotice('call:sync', { calls: [connected], now: at(10) });
    const call = only(calls.list());
    calls.handleEvent({
      event: 'call:ended',
      callId: connected.id,
      seq: 9,
      at: at(12),
      state: 'ended',
      reason: 'hangup',
      endedBy: null,
      durationSeconds: 7,
      call: { ...callInTheEnd(), seq: 9, connectedAt: at(5), endedAt: at(12) },
    });
    await jest.advanceTimersByTimeAsync(5_000);
    expect(call.connectedForMs).toBe(7_000);
  });
});
