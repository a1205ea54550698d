import { jest } from '@jest/globals';
import type { Call, CallEvent } from '@ringline/contract';
import { RinglineError } from '#src/errors.ts';
import { settle, useFakeTimers } from '../fixtures/environment.ts';
import {
  at,
  CALL_ID,
  callInTheEnd,
  endedEvent,
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

describe('a call that this device has started', () => {
  const start = { type: 'video', participantIds: ['ben'] } as const;

  it('is here from the first moment, whatever comes before the answer', async () => {
    const { calls, answers, joins } = deviceOf('ann');
    const stages: string[] = [];
    answers['call:start'] = () => {
      calls.handleEvent({
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
    const { calls } = deviceOf('ann', { deviceId: 'other' });
    calls.handleEvent({
      event: 'call:started',
      callId: CALL_ID,
      seq: 1,
      at: at(1),
      call: ringingCall(),
    });
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

describe('a start without an answer', () => {
  const body = { type: 'audio', participantIds: ['ben'] } as const;
  const start = (calls: ReturnType<typeof deviceOf>['calls']) =>
    calls.start({ ...body, participantIds: [...body.participantIds] });
  const unreachable = () => Promise.reject(new RinglineError('UNREACHABLE', 'no answer'));

  it('is cancelled with the very same payload once there is a connection', async () => {
    const { calls, answers, asked, sync } = deviceOf('ann');
    answers['call:start'] = unreachable;
    await expect(start(calls)).rejects.toMatchObject({ code: 'UNREACHABLE' });
    await sync();
    const payloads = asked.filter(([name]) => name !== 'call:sync');
    expect(payloads).toEqual([
      ['call:start', expect.objectContaining(body)],
      ['call:cancel_start', payloads[0]?.[1]],
    ]);
    await sync();
    expect(asked.filter(([name]) => name === 'call:cancel_start')).toHaveLength(1);
  });

  it('opens no microphone, though the service tells of its call before it is cancelled', async () => {
    const { calls, answers, joins, sync } = deviceOf('ann');
    answers['call:start'] = unreachable;
    await start(calls).catch(() => undefined);
    calls.handleNotice('call:sync', { calls: [ringingCall()] });
    answers['call:cancel_start'] = () => {
      calls.handleEvent(endedEvent(3));
      return {};
    };
    await sync();
    await settle();
    expect(joins).toEqual([]);
    expect(calls.list()).toEqual([]);
  });

  it.each(['UNAVAILABLE', 'INTERNAL'] as const)(
    'is cancelled where the service does not know whether it was done: %s',
    async (code) => {
      const { calls, answers, names, sync } = deviceOf('ann');
      await sync();
      answers['call:start'] = () => Promise.reject(new RinglineError(code, 'a fault'));
      await start(calls).catch(() => undefined);
      await settle();
      expect(names()).toContain('call:cancel_start');
    },
  );

  it('is not cancelled where it was refused', async () => {
    const { calls, answers, names, sync } = deviceOf('ann');
    answers['call:start'] = () => Promise.reject(new RinglineError('USER_BUSY', 'busy'));
    await start(calls).catch(() => undefined);
    await sync();
    expect(names()).not.toContain('call:cancel_start');
  });
});

describe('a call in which the service has this device, without having been asked here', () => {
  it('is gone into by itself: one that the host app has started', async () => {
    const { calls, joins, rest } = deviceOf('ann');
    calls.handleEvent({
      event: 'call:started',
      callId: CALL_ID,
      seq: 1,
      at: at(1),
      call: ringingCall(),
    });
    await settle();
    expect(only(calls.list())).toMatchObject({ stage: 'outgoing', here: true });
    expect(rest.connection).toHaveBeenCalledWith(CALL_ID);
    expect(joins).toHaveLength(1);
  });

  it('is gone into by itself: one whose accept was heard, and its answer lost', async () => {
    const { calls, answers, joins } = deviceOf('ben');
    answers['call:accept'] = () => Promise.reject(new RinglineError('UNREACHABLE', 'no answer'));
    calls.handleNotice('call:incoming', incoming());
    const call = only(calls.list());
    await call.accept().catch(() => undefined);
    expect(call.stage).toBe('incoming');
    calls.handleNotice('call:sync', { calls: [answered('ben')] });
    await settle();
    expect(call).toMatchObject({ stage: 'connecting', here: true });
    expect(joins).toHaveLength(1);
  });
});

describe('with a service of release 0.1, which does not tell the device of a participant', () => {
  const untold = (call: Call): Call => ({
    ...call,
    participants: call.participants.map(({ deviceHash: _untold, ...others }) => others),
  });

  it('a call that was accepted here is here', async () => {
    const { calls, answers, joins } = deviceOf('ben');
    answers['call:accept'] = () => ({ call: untold(answered('ben')), connection });
    calls.handleNotice('call:incoming', incoming(untold(ringingCall())));
    const call = only(calls.list());
    await call.accept();
    await settle();
    expect(call.here).toBe(true);
    expect(joins).toHaveLength(1);
  });

  it('a call that was accepted on another device is there', () => {
    const { calls, joins } = deviceOf('ben');
    calls.handleNotice('call:incoming', incoming(untold(ringingCall())));
    const event = acceptedBy('phone') as Extract<CallEvent, { event: 'call:accepted' }>;
    const { deviceHash: _untold, ...participant } = event.participant;
    calls.handleEvent({ ...event, participant });
    expect(only(calls.list()).stage).toBe('elsewhere');
    expect(joins).toEqual([]);
  });
});

describe('an accept that is taken back before its answer', () => {
  const slow = <Answer>(answer: Answer) =>
    new Promise<Answer>((resolve) => setTimeout(resolve, 500, answer));

  it.each(['hangUp', 'decline'] as const)(
    'by %s opens no microphone, and leaves the call',
    async (act) => {
      const { calls, answers, joins, names } = deviceOf('ben');
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

  it('declines where the accept has come to nothing', async () => {
    const { calls, answers, names } = deviceOf('ben');
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

  it('leaves a call that only the service knows to be accepted', async () => {
    const { calls, answers, names } = deviceOf('ben');
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

describe('hanging up', () => {
  it.each([
    ['direct', 'call:end'],
    ['group', 'call:leave'],
  ] as const)('in a running %s call sends %s', async (mode, name) => {
    const { calls, answers, asked } = deviceOf('ben');
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

describe('getting out while the service is away', () => {
  const unavailable = () => Promise.reject(new RinglineError('UNAVAILABLE', 'not now'));
  const inCall = async () => {
    const device = deviceOf('ben');
    device.answers['call:accept'] = () => ({ call: answered('ben', 'joined'), connection });
    device.calls.handleNotice('call:incoming', incoming());
    const call = only(device.calls.list());
    await call.accept();
    await settle();
    const times = (name: string) => device.names().filter((one) => one === name).length;
    return { ...device, call, times };
  };

  it('a hang-up closes the media at once and is repeated until the service has heard it', async () => {
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

  it('two presses of the button send one request at a time', async () => {
    const { answers, call, times } = await inCall();
    answers['call:end'] = unavailable;
    const presses = [call.hangUp(), call.hangUp()];
    await jest.advanceTimersByTimeAsync(100);
    answers['call:end'] = () => ({ call: endedEvent(6).call });
    await jest.advanceTimersByTimeAsync(100);
    await Promise.all(presses);
    expect(times('call:end')).toBe(3);
  });

  it('a hang-up is not repeated for a call that has ended meanwhile', async () => {
    const { answers, calls, call, times } = await inCall();
    answers['call:end'] = unavailable;
    const hungUp = call.hangUp();
    await settle();
    calls.handleEvent(endedEvent(6));
    await jest.advanceTimersByTimeAsync(100);
    await hungUp;
    expect(times('call:end')).toBe(1);
  });

  it('a hang-up is not repeated once this device has come back into the call', async () => {
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

  it('a decline is repeated while it rings', async () => {
    const { calls, answers, names } = deviceOf('ben');
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

  it('a client that closes gives up', async () => {
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

describe('hanging up a direct call that has just become a group of another host', () => {
  it('leaves it', async () => {
    const { calls, answers, names } = deviceOf('ben');
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

describe('a call that goes to another device', () => {
  it('is told when LiveKit says so, and is not fetched back', async () => {
    const { calls, answers, joins } = deviceOf('ben');
    answers['call:accept'] = () => ({ call: answered('ben', 'joined'), connection });
    calls.handleNotice('call:incoming', incoming());
    const call = only(calls.list());
    await call.accept();
    await settle();
    const heard = listenTo(call);
    joins[0]?.end('moved');
    await jest.advanceTimersByTimeAsync(1000);
    expect(heard).toEqual([['moved']]);
    expect(call.stage).toBe('elsewhere');
    calls.handleNotice('call:sync', { calls: [{ ...answered('ben', 'joined'), seq: 6 }] });
    await jest.advanceTimersByTimeAsync(10_000);
    expect(joins).toHaveLength(1);
  });
});

describe('a call that is over', () => {
  it('hears nothing of what comes late or twice', async () => {
    const { calls, onIncoming } = deviceOf('ben');
    calls.handleNotice('call:incoming', incoming());
    await settle();
    const heard = listenTo(only(calls.list()));
    calls.handleEvent(endedEvent());
    calls.handleEvent(endedEvent());
    calls.handleNotice('call:incoming', incoming());
    calls.handleNotice('call:ringing_stopped', { callId: CALL_ID, seq: 3, cause: 'ended' });
    expect(heard).toEqual([
      ['ringing_stopped', 'ended'],
      ['ended', 'hangup'],
    ]);
    expect(onIncoming).toHaveBeenCalledTimes(1);
    expect(calls.list()).toEqual([]);
  });

  it.each([
    ['connection_lost', at(7)],
    ['connect_timeout', null],
  ])('tells %s where the service gave its user up, who joined at %s', async (cause, joinedAt) => {
    const { calls } = deviceOf('ben');
    calls.handleNotice('call:sync', { calls: [answered('ben')] });
    const call = only(calls.list());
    const heard = listenTo(call);
    calls.handleEvent({
      event: 'call:participant_left',
      callId: CALL_ID,
      seq: call.snapshot.seq + 1,
      at: at(30),
      userId: 'ben',
      participant: participant('ben', { state: 'left', joinedAt, leftAt: at(30) }),
      reason: 'connection_lost',
    });
    expect(heard).toEqual([['ended', cause]]);
  });

  it('can be come back to when it is a group that goes on', async () => {
    const { calls, answers, asked } = deviceOf('ben');
    calls.handleNotice('call:incoming', incoming(ringingCall({ mode: 'group' })));
    const call = only(calls.list());
    const left = { ...callInTheEnd(), participants: [participant('ben', { state: 'left' })] };
    answers['call:accept'] = () => ({
      call: { ...answered('ben'), mode: 'group', seq: 11 },
      connection,
    });
    calls.handleNotice('call:sync', { calls: [left] });
    expect(calls.list()).toEqual([]);
    await call.rejoin();
    expect(only(calls.list())).toBe(call);
    expect(asked).toContainEqual(['call:accept', { callId: CALL_ID, rejoin: true }]);
  });
});
