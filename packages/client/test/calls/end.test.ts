import { jest } from '@jest/globals';
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
  answered,
  connection,
  createDevice,
  incoming,
  listenTo,
  only,
} from '../fixtures/scripted-device.ts';

useFakeTimers();

describe('a call that moves to another device', () => {
  it('emits moved when LiveKit reports it, and is not joined again', async () => {
    const { calls, answers, joins } = createDevice('ben');
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
  it('ignores late and repeated messages', async () => {
    const { calls, onIncoming } = createDevice('ben');
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
  ])('ends with %s when the service gives up a user who joined at %s', async (cause, joinedAt) => {
    const { calls } = createDevice('ben');
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

  it('can be rejoined when it is a group that goes on', async () => {
    const { calls, answers, asked } = createDevice('ben');
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
