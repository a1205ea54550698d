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
import { acceptedBy, createDevice, incoming, listenTo, only } from '../fixtures/scripted-device.ts';

useFakeTimers();

describe('a ring', () => {
  it('is emitted once and acknowledged at once, however often it is repeated', async () => {
    const { calls, names, onIncoming } = createDevice('ben');
    for (let time = 0; time < 3; time += 1) {
      calls.handleNotice('call:incoming', incoming());
      await settle();
    }
    expect(onIncoming).toHaveBeenCalledTimes(1);
    expect(names()).toEqual(['call:ringing']);
    expect(only(calls.list()).stage).toBe('incoming');
  });

  it('is acknowledged at the next repetition when the first answer was lost', async () => {
    const { calls, names, answers } = createDevice('ben');
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

  it('is found by the sync after a connect, without a notice', async () => {
    const { calls, onIncoming, names } = createDevice('ben');
    calls.handleNotice('call:sync', { calls: [ringingCall()] });
    await settle();
    expect(onIncoming).toHaveBeenCalledTimes(1);
    expect(names()).toEqual(['call:ringing']);
  });

  it('rings again for a user who is invited again', async () => {
    const { calls, onIncoming, names } = createDevice('ben');
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
    const { calls } = createDevice('ben');
    calls.handleNotice('call:incoming', incoming());
    const heard = listenTo(only(calls.list()));
    calls.handleEvent(event);
    calls.handleNotice('call:ringing_stopped', { callId: CALL_ID, seq: 3, cause: 'ended' });
    expect(heard.filter(([name]) => name === 'ringing_stopped')).toEqual([
      ['ringing_stopped', cause],
    ]);
  });

  it('stops with declined_elsewhere when another device declines', () => {
    const { calls } = createDevice('ben');
    calls.handleNotice('call:incoming', incoming());
    const heard = listenTo(only(calls.list()));
    calls.handleNotice('call:ringing_stopped', {
      callId: CALL_ID,
      seq: 3,
      cause: 'declined_elsewhere',
    });
    expect(heard).toEqual([['ringing_stopped', 'declined_elsewhere']]);
  });

  it('ends without ringing_stopped when this device declines', async () => {
    const { calls, answers } = createDevice('ben');
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
