import { jest } from '@jest/globals';
import type { CallEvent } from '@ringline/contract';
import { RinglineError } from '#src/errors.ts';
import { settle, useFakeTimers } from '../fixtures/environment.ts';
import {
  CALL_ID,
  endedEvent,
  eventNumber,
  participant,
  ringingCall,
} from '../fixtures/sample-calls.ts';
import {
  acceptedBy,
  answered,
  connection,
  deviceOf,
  incoming,
  listenTo,
  only,
} from '../fixtures/scripted-device.ts';

useFakeTimers();

describe('a ring', () => {
  it('is told once and acknowledged at once, however often it is repeated', async () => {
    const { calls, names, onIncoming } = deviceOf('ben');
    for (let time = 0; time < 3; time += 1) {
      calls.handleNotice('call:incoming', incoming());
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
    calls.handleNotice('call:incoming', incoming());
    await settle();
    answers['call:ringing'] = acknowledge ?? (() => null);
    calls.handleNotice('call:incoming', incoming());
    await settle();
    calls.handleNotice('call:incoming', incoming());
    await settle();
    expect(names()).toEqual(['call:ringing', 'call:ringing']);
  });

  it('is found by the sync of a connect, without a notice', async () => {
    const { calls, onIncoming, names } = deviceOf('ben');
    calls.handleNotice('call:sync', { calls: [ringingCall()] });
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
    calls.handleNotice('call:incoming', incoming());
    await settle();
    calls.handleNotice('call:sync', { calls: [declined] });
    calls.handleNotice('call:incoming', incoming(ringingCall({ seq: 4, mode: 'group' })));
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
    calls.handleNotice('call:incoming', incoming());
    const heard = listenTo(only(calls.list()));
    calls.handleEvent(event);
    calls.handleNotice('call:ringing_stopped', { callId: CALL_ID, seq: 3, cause: 'ended' });
    expect(heard.filter(([name]) => name === 'ringing_stopped')).toEqual([
      ['ringing_stopped', cause],
    ]);
  });

  it('that another device declined says so', () => {
    const { calls } = deviceOf('ben');
    calls.handleNotice('call:incoming', incoming());
    const heard = listenTo(only(calls.list()));
    calls.handleNotice('call:ringing_stopped', {
      callId: CALL_ID,
      seq: 3,
      cause: 'declined_elsewhere',
    });
    expect(heard).toEqual([['ringing_stopped', 'declined_elsewhere']]);
  });

  it('that this device declines ends without a word of another one', async () => {
    const { calls, answers } = deviceOf('ben');
    calls.handleNotice('call:incoming', incoming());
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

  it('twice at once is accepting once', async () => {
    const { calls, answers, names, joins } = deviceOf('ben');
    calls.handleNotice('call:incoming', incoming());
    answers['call:accept'] = () => ({ call: answered('ben'), connection });
    const call = only(calls.list());
    await Promise.all([call.accept(), call.accept()]);
    await settle();
    expect(names().filter((name) => name === 'call:accept')).toHaveLength(1);
    expect(joins).toHaveLength(1);
  });

  it('without a camera says so to the others', async () => {
    const { calls, answers, joins, asked } = deviceOf('ben');
    calls.handleNotice('call:incoming', incoming());
    answers['call:accept'] = () => ({ call: answered('ben'), connection });
    await only(calls.list()).accept({ camera: false });
    await settle();
    expect(joins).toHaveLength(1);
    expect(joins[0]?.wanted.camera).toBe(false);
    expect(asked).toContainEqual(['call:toggle_video', { callId: CALL_ID, enabled: false }]);
  });

  it('goes on saying so until the service has heard it', async () => {
    const { calls, answers, asked } = deviceOf('ben');
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

  it('says nothing more of its camera once the call is over', async () => {
    const { calls, answers, names } = deviceOf('ben');
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

  it('too late rejects with the refusal', async () => {
    const { calls, answers, joins } = deviceOf('ben');
    calls.handleNotice('call:incoming', incoming());
    answers['call:accept'] = () =>
      Promise.reject(new RinglineError('ANSWERED_ELSEWHERE', 'too late'));
    await expect(only(calls.list()).accept()).rejects.toMatchObject({ code: 'ANSWERED_ELSEWHERE' });
    expect(joins).toEqual([]);
  });

  it('on another device leaves this one with the call elsewhere, from where it can be taken over', async () => {
    const { calls, answers, asked, joins } = deviceOf('ben');
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
