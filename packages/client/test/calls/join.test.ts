import type { Call, CallEvent } from '@ringline/contract';
import { RinglineError } from '#src/errors.ts';
import { settle, useFakeTimers } from '../fixtures/environment.ts';
import { at, CALL_ID, ringingCall } from '../fixtures/sample-calls.ts';
import {
  acceptedBy,
  answered,
  connection,
  createDevice,
  incoming,
  only,
} from '../fixtures/scripted-device.ts';

useFakeTimers();

describe('a call that the service binds to this device unasked', () => {
  it('is joined after a start by the host app', async () => {
    const { calls, joins, rest } = createDevice('ann');
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

  it('is joined after an accept whose answer was lost', async () => {
    const { calls, answers, joins } = createDevice('ben');
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

describe('with a service of release 0.1, whose snapshots name no devices', () => {
  const untold = (call: Call): Call => ({
    ...call,
    participants: call.participants.map(({ deviceHash: _untold, ...others }) => others),
  });

  it('a call accepted on this device is here', async () => {
    const { calls, answers, joins } = createDevice('ben');
    answers['call:accept'] = () => ({ call: untold(answered('ben')), connection });
    calls.handleNotice('call:incoming', incoming(untold(ringingCall())));
    const call = only(calls.list());
    await call.accept();
    await settle();
    expect(call.here).toBe(true);
    expect(joins).toHaveLength(1);
  });

  it('a call accepted on another device is elsewhere', () => {
    const { calls, joins } = createDevice('ben');
    calls.handleNotice('call:incoming', incoming(untold(ringingCall())));
    const event = acceptedBy('phone') as Extract<CallEvent, { event: 'call:accepted' }>;
    const { deviceHash: _untold, ...participant } = event.participant;
    calls.handleEvent({ ...event, participant });
    expect(only(calls.list()).stage).toBe('elsewhere');
    expect(joins).toEqual([]);
  });
});
