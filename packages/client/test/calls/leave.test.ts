import { jest } from '@jest/globals';
import { RinglineError } from '#src/errors.ts';
import { settle, useFakeTimers } from '../fixtures/environment.ts';
import { endedEvent } from '../fixtures/sample-calls.ts';
import { answered, connection, createDevice, incoming, only } from '../fixtures/scripted-device.ts';

useFakeTimers();

describe('hanging up', () => {
  it.each([
    ['direct', 'call:end'],
    ['group', 'call:leave'],
  ] as const)('hangs up a running %s call with %s', async (mode, name) => {
    const { calls, answers, asked } = createDevice('ben');
    answers['call:accept'] = () => ({ call: { ...answered('ben', 'joined'), mode }, connection });
    answers[name] = () => ({ call: { ...endedEvent(6).call, mode } });
    calls.handleNotice('call:incoming', incoming());
    const call = only(calls.list());
    await call.accept();
    await call.hangUp();
    await call.hangUp();
    expect(asked.filter(([asking]) => asking === name)).toHaveLength(1);
    expect(call.stage).toBe('over');
  });
});

describe('leaving while the service is unavailable', () => {
  const unavailable = () => Promise.reject(new RinglineError('UNAVAILABLE', 'not now'));
  const inCall = async () => {
    const device = createDevice('ben');
    device.answers['call:accept'] = () => ({ call: answered('ben', 'joined'), connection });
    device.calls.handleNotice('call:incoming', incoming());
    const call = only(device.calls.list());
    await call.accept();
    await settle();
    const times = (name: string) => device.names().filter((one) => one === name).length;
    return { ...device, call, times };
  };

  it('a hang-up closes the media at once and is repeated until the service takes it', async () => {
    const { answers, call, joins, times } = await inCall();
    answers['call:end'] = unavailable;
    const hungUp = call.hangUp();
    await jest.advanceTimersByTimeAsync(1000);
    expect(call).toMatchObject({ stage: 'elsewhere', here: false });
    expect(joins[0]?.signal.aborted).toBe(true);
    answers['call:end'] = () => ({ call: endedEvent(6).call });
    await jest.advanceTimersByTimeAsync(100);
    await hungUp;
    expect(call.stage).toBe('over');
    expect(times('call:end')).toBe(12);
  });

  it('two hang-ups at once send one request at a time', async () => {
    const { answers, call, times } = await inCall();
    answers['call:end'] = unavailable;
    const presses = [call.hangUp(), call.hangUp()];
    await jest.advanceTimersByTimeAsync(100);
    answers['call:end'] = () => ({ call: endedEvent(6).call });
    await jest.advanceTimersByTimeAsync(100);
    await Promise.all(presses);
    expect(times('call:end')).toBe(3);
  });

  it('a hang-up is not repeated after the call has ended', async () => {
    const { answers, calls, call, times } = await inCall();
    answers['call:end'] = unavailable;
    const hungUp = call.hangUp();
    await settle();
    calls.handleEvent(endedEvent(6));
    await jest.advanceTimersByTimeAsync(100);
    await hungUp;
    expect(times('call:end')).toBe(1);
  });

  it('a hang-up is not repeated after this device has rejoined the call', async () => {
    const { answers, call, times } = await inCall();
    answers['call:end'] = unavailable;
    const hungUp = call.hangUp();
    await settle();
    await call.accept({ takeover: true });
    await jest.advanceTimersByTimeAsync(60_000);
    await hungUp;
    expect(call.here).toBe(true);
    expect(times('call:end')).toBe(1);
  });

  it('a decline is repeated while the call rings', async () => {
    const { calls, answers, names } = createDevice('ben');
    calls.handleNotice('call:incoming', incoming());
    await settle();
    const call = only(calls.list());
    answers['call:decline'] = unavailable;
    const declined = call.decline('busy');
    await jest.advanceTimersByTimeAsync(100);
    calls.handleEvent(endedEvent(3));
    await jest.advanceTimersByTimeAsync(60_000);
    await declined;
    expect(names().filter((name) => name === 'call:decline')).toHaveLength(2);
  });

  it('a final refusal rejects', async () => {
    const { answers, call, times } = await inCall();
    answers['call:end'] = () => Promise.reject(new RinglineError('CALL_NOT_FOUND', 'none'));
    await expect(call.hangUp()).rejects.toMatchObject({ code: 'CALL_NOT_FOUND' });
    expect(call.here).toBe(false);
    expect(times('call:end')).toBe(1);
  });

  it('closing the client ends the repeats', async () => {
    const { calls, answers, call } = await inCall();
    answers['call:end'] = unavailable;
    const hungUp = call.hangUp();
    await settle();
    answers['call:end'] = () => Promise.reject(new RinglineError('CLOSED', 'closed'));
    calls.close();
    await expect(hungUp).rejects.toMatchObject({ code: 'CLOSED' });
    expect(jest.getTimerCount()).toBe(0);
  });
});

describe('hanging up a direct call that has just become another host’s group', () => {
  it('leaves the group', async () => {
    const { calls, answers, names } = createDevice('ben');
    answers['call:accept'] = () => ({ call: answered('ben', 'joined'), connection });
    answers['call:end'] = () => Promise.reject(new RinglineError('FORBIDDEN', 'not the host'));
    answers['call:leave'] = () => ({ call: endedEvent(6).call });
    calls.handleNotice('call:incoming', incoming());
    const call = only(calls.list());
    await call.accept();
    await call.hangUp();
    expect(names().slice(-2)).toEqual(['call:end', 'call:leave']);
    expect(call.stage).toBe('over');
  });
});

describe('an accept withdrawn before its answer', () => {
  const slow = <Answer>(answer: Answer) =>
    new Promise<Answer>((resolve) => setTimeout(resolve, 500, answer));

  it.each(['hangUp', 'decline'] as const)(
    'opens no microphone and leaves the call: %s',
    async (act) => {
      const { calls, answers, joins, names } = createDevice('ben');
      answers['call:accept'] = () => slow({ call: answered('ben'), connection });
      answers['call:end'] = () => slow({ call: endedEvent(6).call });
      calls.handleNotice('call:incoming', incoming());
      await settle();
      const call = only(calls.list());
      const accepted = call.accept();
      await jest.advanceTimersByTimeAsync(100);
      const out = call[act]();
      await jest.advanceTimersByTimeAsync(2000);
      await Promise.all([accepted, out]);
      expect(joins).toEqual([]);
      expect(call.stage).toBe('over');
      expect(names()).toEqual(['call:ringing', 'call:accept', 'call:end']);
    },
  );

  it('declines when the accept fails', async () => {
    const { calls, answers, names } = createDevice('ben');
    answers['call:accept'] = () =>
      slow(null).then(() => {
        throw new RinglineError('UNREACHABLE', 'no answer');
      });
    answers['call:decline'] = () => ({ call: endedEvent(6).call });
    calls.handleNotice('call:incoming', incoming());
    await settle();
    const call = only(calls.list());
    const accepted = call.accept();
    accepted.catch(() => undefined);
    const out = call.hangUp();
    await jest.advanceTimersByTimeAsync(2000);
    await out;
    expect(names()).toEqual(['call:ringing', 'call:accept', 'call:decline']);
  });

  it('leaves a call when only the service knows of the accept', async () => {
    const { calls, answers, names } = createDevice('ben');
    answers['call:accept'] = () => Promise.reject(new RinglineError('UNREACHABLE', 'no answer'));
    answers['call:decline'] = () => Promise.reject(new RinglineError('INVALID_STATE', 'leave it'));
    answers['call:end'] = () => ({ call: endedEvent(6).call });
    calls.handleNotice('call:incoming', incoming());
    const call = only(calls.list());
    await call.accept().catch(() => undefined);
    await call.decline();
    expect(names().slice(-2)).toEqual(['call:decline', 'call:end']);
    expect(call.stage).toBe('over');
  });
});
