import { jest } from '@jest/globals';
import { RinglineError } from '#src/errors.ts';
import { settle, useFakeTimers } from '../fixtures/environment.ts';
import { CALL_ID, endedEvent } from '../fixtures/sample-calls.ts';
import {
  acceptedBy,
  answered,
  connection,
  createDevice,
  incoming,
  listenTo,
  only,
} from '../fixtures/scripted-device.ts';

useFakeTimers();

describe('accepting', () => {
  it('joins the media on this device', async () => {
    const { calls, answers, joins } = createDevice('ben');
    calls.handleNotice('call:incoming', incoming());
    const call = only(calls.list());
    const heard = listenTo(call);
    answers['call:accept'] = () => ({ call: answered('ben'), connection });
    await call.accept();
    await settle();
    expect(call).toMatchObject({ stage: 'connecting', here: true });
    expect(joins).toEqual([
      expect.objectContaining({
        token: 't',
        wanted: { microphone: true, camera: true, screen: false },
      }),
    ]);
    expect(heard).toEqual([]);
  });

  it('sends one request for two accepts at once', async () => {
    const { calls, answers, names, joins } = createDevice('ben');
    calls.handleNotice('call:incoming', incoming());
    answers['call:accept'] = () => ({ call: answered('ben'), connection });
    const call = only(calls.list());
    await Promise.all([call.accept(), call.accept()]);
    await settle();
    expect(names().filter((name) => name === 'call:accept')).toHaveLength(1);
    expect(joins).toHaveLength(1);
  });

  it('reports a camera that stays off', async () => {
    const { calls, answers, joins, asked } = createDevice('ben');
    calls.handleNotice('call:incoming', incoming());
    answers['call:accept'] = () => ({ call: answered('ben'), connection });
    await only(calls.list()).accept({ camera: false });
    await settle();
    expect(joins).toHaveLength(1);
    expect(joins[0]?.wanted.camera).toBe(false);
    expect(asked).toContainEqual(['call:toggle_video', { callId: CALL_ID, enabled: false }]);
  });

  it('repeats the report until the service takes it', async () => {
    const { calls, answers, asked } = createDevice('ben');
    calls.handleNotice('call:incoming', incoming());
    answers['call:accept'] = () => ({ call: answered('ben'), connection });
    const refusals = ['UNREACHABLE', 'UNAVAILABLE', 'RATE_LIMITED', 'INTERNAL'] as const;
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
      Array(5).fill(['call:toggle_video', { callId: CALL_ID, enabled: false }]),
    );
    expect(onError).not.toHaveBeenCalled();
  });

  it('stops reporting once the call is over', async () => {
    const { calls, answers, names } = createDevice('ben');
    calls.handleNotice('call:incoming', incoming());
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

  it('rejects with the refusal when it is too late', async () => {
    const { calls, answers, joins } = createDevice('ben');
    calls.handleNotice('call:incoming', incoming());
    answers['call:accept'] = () =>
      Promise.reject(new RinglineError('ANSWERED_ELSEWHERE', 'too late'));
    await expect(only(calls.list()).accept()).rejects.toMatchObject({ code: 'ANSWERED_ELSEWHERE' });
    expect(joins).toEqual([]);
  });

  it('on another device puts the call elsewhere, from where it can be taken over', async () => {
    const { calls, answers, asked, joins } = createDevice('ben');
    calls.handleNotice('call:incoming', incoming());
    calls.handleEvent(acceptedBy('phone'));
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
