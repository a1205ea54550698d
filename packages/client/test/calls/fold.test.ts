import { applyEvent } from '@ringline/contract';
import {
  at,
  callInTheEnd,
  endedEvent,
  followingEvents,
  ringingCall,
} from '../fixtures/sample-calls.ts';

describe('folding the events of a call', () => {
  it('gives the same call as the service', () => {
    expect(followingEvents.reduce(applyEvent, ringingCall())).toEqual(callInTheEnd());
  });

  it('mutates neither the call nor the event', () => {
    const call = ringingCall();
    const events = structuredClone(followingEvents);
    events.reduce(applyEvent, call);
    expect(call).toEqual(ringingCall());
    expect(events).toEqual(followingEvents);
  });

  it('sets connectedAt once, however often the call reconnects', () => {
    const lost = {
      callId: callInTheEnd().id,
      previous: 'connected',
      state: 'reconnecting',
    } as const;
    const back = { callId: lost.callId, previous: 'reconnecting', state: 'connected' } as const;
    const reconnecting = applyEvent(callInTheEnd(), {
      event: 'call:state_changed',
      seq: 11,
      at: at(20),
      ...lost,
    });
    const connected = applyEvent(reconnecting, {
      event: 'call:state_changed',
      seq: 12,
      at: at(21),
      ...back,
    });
    expect(reconnecting.state).toBe('reconnecting');
    expect(connected).toMatchObject({ state: 'connected', connectedAt: at(8), seq: 12 });
  });

  it('keeps answeredAt when a second participant answers', () => {
    const call = callInTheEnd();
    const accepted = applyEvent(call, {
      event: 'call:accepted',
      callId: call.id,
      seq: 11,
      at: at(30),
      userId: 'cleo',
      participant: { ...(call.participants[2] ?? fail()), state: 'joining' },
      deviceId: null,
      answeredAt: at(4),
    });
    expect(accepted.answeredAt).toBe(at(4));
    expect(accepted.participants.map(({ state }) => state)).toEqual([
      'joined',
      'joined',
      'joining',
    ]);
  });

  it('takes the call from the call:ended event', () => {
    expect(applyEvent(ringingCall(), endedEvent())).toEqual(endedEvent().call);
  });
});

function fail(): never {
  throw new Error('the sample call has three participants');
}
