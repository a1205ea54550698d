import { RinglineError } from '#src/errors.ts';
import { settle, useFakeTimers } from '../fixtures/environment.ts';
import { at, CALL_ID, endedEvent, ringingCall } from '../fixtures/sample-calls.ts';
import { connection, createDevice, listenTo, only } from '../fixtures/scripted-device.ts';

useFakeTimers();

describe('a call started on this device', () => {
  const start = { type: 'video', participantIds: ['ben'] } as const;

  it('is here at once, even if events come before the answer', async () => {
    const { calls, answers, joins } = createDevice('ann');
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

  it('is requested with an idempotency key', async () => {
    const { calls, answers, asked } = createDevice('ann');
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

  it('is elsewhere when another device of the user started it', () => {
    const { calls } = createDevice('ann', { deviceId: 'other' });
    calls.handleEvent({
      event: 'call:started',
      callId: CALL_ID,
      seq: 1,
      at: at(1),
      call: ringingCall(),
    });
    expect(only(calls.list()).stage).toBe('elsewhere');
  });

  it('is cancelled by a hang-up, which leaves the media at once', async () => {
    const { calls, answers, joins, asked } = createDevice('ann');
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
  const start = (calls: ReturnType<typeof createDevice>['calls']) =>
    calls.start({ ...body, participantIds: [...body.participantIds] });
  const unreachable = () => Promise.reject(new RinglineError('UNREACHABLE', 'no answer'));

  it('is cancelled with the same payload once there is a connection', async () => {
    const { calls, answers, asked, sync } = createDevice('ann');
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

  it('opens no microphone when the service reports its call before the cancellation', async () => {
    const { calls, answers, joins, sync } = createDevice('ann');
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
    'is cancelled after %s, where the service may have carried it out',
    async (code) => {
      const { calls, answers, names, sync } = createDevice('ann');
      await sync();
      answers['call:start'] = () => Promise.reject(new RinglineError(code, 'a fault'));
      await start(calls).catch(() => undefined);
      await settle();
      expect(names()).toContain('call:cancel_start');
    },
  );

  it('is not cancelled after a refusal', async () => {
    const { calls, answers, names, sync } = createDevice('ann');
    answers['call:start'] = () => Promise.reject(new RinglineError('USER_BUSY', 'busy'));
    await start(calls).catch(() => undefined);
    await sync();
    expect(names()).not.toContain('call:cancel_start');
  });
});
