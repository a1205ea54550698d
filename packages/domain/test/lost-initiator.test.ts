import { describe, expect, it } from '@jest/globals';
import { type Call, getNextDueAt, getOutcome } from '@ringline/domain';
import { direct, group } from './fixtures/calls.ts';
import { at, by, deviceOf, liveKit, TIMINGS, timePasses } from './fixtures/commands.ts';
import { type Expected, given, played } from './fixtures/given.ts';

/** The ring is longer than the grace period, as by default. */
const timings = { ...TIMINGS, ringSeconds: 100 };
const GRACE = TIMINGS.graceSeconds;

function ringing(deviceId: string | null = null): Call {
  return played({ timings, deviceId });
}
function withMedia(): Call {
  return given(ringing()).when(liveKit.joined('ann'), 1).call;
}

const LOST_EVENTS = ['call:participant_left', 'call:ended'];
const lost = {
  events: LOST_EVENTS,
  call: { state: 'cancelled', endReason: 'connection_lost', endedBy: null },
  participants: { bob: { state: 'cancelled' } },
} satisfies Expected;
const stillRings: Expected = { events: [], call: { state: 'ringing' } };

describe('an unanswered call whose initiator has neither a socket nor media', () => {
  it('is cancelled at the end of the grace period', () => {
    given(ringing())
      .when(deviceOf('ann').disconnects(), 2)
      .thenExpect(stillRings)
      .when(timePasses, 2 + GRACE - 0.001)
      .thenExpect({ unchanged: true })
      .when(timePasses, 90)
      .thenExpect({ ...lost, call: { ...lost.call, endedAt: at(2 + GRACE) } });
  });

  it('counts as missed for the callee', () => {
    const { call } = given(ringing()).when(deviceOf('ann').disconnects(), 2).when(timePasses, 90);
    expect(getOutcome(call, 'bob')).toBe('missed');
  });

  it('counts the grace period from the last sign of the device', () => {
    given(ringing())
      .when(deviceOf('ann').disconnects(5000), 12)
      .when(timePasses, 7 + GRACE)
      .thenExpect({ ...lost, call: { ...lost.call, endedAt: at(7 + GRACE) } });
  });

  it('does not count time before the start', () => {
    given(ringing())
      .when(deviceOf('ann').disconnects(5000), 2)
      .thenExpect({ participants: { ann: { disconnectedAt: at(0), deadline: at(GRACE) } } });
  });

  it('leaves at least half of the grace period for another process to report the device', () => {
    given(ringing())
      .when(deviceOf('ann').disconnects(60_000), 60)
      .thenExpect({ ...stillRings, participants: { ann: { deadline: at(60 + GRACE / 2) } } });
  });

  it('goes on when the device is back in time', () => {
    given(ringing())
      .when(deviceOf('ann').disconnects(), 2)
      .when(deviceOf('ann').connects(), 2 + GRACE - 1)
      .thenExpect(stillRings)
      .when(timePasses, 99)
      .thenExpect({ unchanged: true });
  });

  it('goes on when the device disconnects and connects again repeatedly', () => {
    const { call } = given(ringing())
      .when(deviceOf('ann').disconnects(), 2)
      .when(deviceOf('ann').connects(), 5)
      .when(deviceOf('ann').disconnects(), 10)
      .when(deviceOf('ann').connects(), 11);
    expect(getNextDueAt(call)).toBe(at(100));
  });

  it('does not restart the grace period on a repeated disconnect', () => {
    given(ringing())
      .when(deviceOf('ann').disconnects(), 2)
      .when(deviceOf('ann').disconnects(), 20)
      .thenExpect({ unchanged: true });
  });

  it('only counts the device that is bound to the call', () => {
    given(ringing('phone'))
      .when(deviceOf('ann', 'laptop').disconnects(), 2)
      .thenExpect({ unchanged: true })
      .when(deviceOf('ann', 'phone').disconnects(), 3)
      .when(deviceOf('ann', 'laptop').connects(), 4)
      .thenExpect({ unchanged: true })
      .when(deviceOf('ann', 'phone').connects(), 5)
      .thenExpect({ participants: { ann: { disconnectedAt: null, deadline: null } } });
  });

  it('goes on when another device of the initiator takes over', () => {
    given(ringing('phone'))
      .when(deviceOf('ann', 'phone').disconnects(), 2)
      .when(by('ann').asksForToken({ deviceId: 'laptop', takeover: true }), 10)
      .thenExpect({
        participants: { ann: { deviceId: 'laptop', disconnectedAt: null, deadline: null } },
      });
  });

  it('is not affected by the devices of the callees', () => {
    given(group.ringing()).when(deviceOf('bob').disconnects(), 2).thenExpect({ unchanged: true });
  });
});

describe('the initiator of an unanswered call whose device has no socket', () => {
  it('stays in the call while LiveKit has them', () => {
    given(withMedia())
      .when(deviceOf('ann').disconnects(), 2)
      .when(timePasses, 99)
      .thenExpect({ unchanged: true });
  });

  it('stays in the call once LiveKit has them', () => {
    given(ringing())
      .when(deviceOf('ann').disconnects(), 2)
      .when(liveKit.joined('ann'), 10)
      .thenExpect({ participants: { ann: { state: 'joined', deadline: null } } });
  });

  it('has the grace period after losing their media', () => {
    given(withMedia())
      .when(deviceOf('ann').disconnects(), 2)
      .when(liveKit.left('ann'), 50)
      .when(timePasses, 50 + GRACE - 0.001)
      .thenExpect({ unchanged: true })
      .when(timePasses, 50 + GRACE)
      .thenExpect(lost);
  });

  it('is lost at once when LiveKit times out after the grace period', () => {
    given(withMedia())
      .when(deviceOf('ann').disconnects(), 2)
      .when(liveKit.timedOut('ann'), 50)
      .thenExpect({
        ...lost,
        events: ['call:participant_updated', ...LOST_EVENTS],
        call: { ...lost.call, endedAt: at(50) },
        effects: [{ name: 'delete_room' }],
      });
  });

  it('has the rest of the grace period when LiveKit times out before its end', () => {
    given(withMedia())
      .when(deviceOf('ann').disconnects(), 2)
      .when(liveKit.timedOut('ann'), 20)
      .thenExpect({ participants: { ann: { deadline: at(2 + GRACE) } } });
  });

  it('has the whole grace period for their media while they have a socket', () => {
    given(withMedia())
      .when(liveKit.timedOut('ann'), 20)
      .thenExpect({ participants: { ann: { deadline: at(20 + GRACE) } } });
  });
});

describe('the first accept', () => {
  it('replaces the grace period of the device by the connect deadline', () => {
    given(ringing())
      .when(deviceOf('ann').disconnects(), 2)
      .when(by('bob').joins(), 30)
      .thenExpect({
        call: { state: 'connecting' },
        participants: {
          ann: { disconnectedAt: null, deadline: at(30 + TIMINGS.connectSeconds) },
        },
      });
  });

  it('comes too late when the grace period of the initiator is over', () => {
    given(ringing())
      .when(deviceOf('ann').disconnects(), 2)
      .when(by('bob').joins(), 2 + GRACE)
      .thenExpect({ ...lost, refused: 'CALL_ENDED' });
  });

  it('leaves only the media session to decide whether the initiator is lost', () => {
    given(direct.connected())
      .when(deviceOf('ann').disconnects(), 5)
      .thenExpect({ unchanged: true });
  });
});
