import { describe, it } from '@jest/globals';
import { direct } from './fixtures/calls.ts';
import { at, by, liveKit } from './fixtures/commands.ts';
import { given, played } from './fixtures/given.ts';

const bob = by('bob');
const phone = { deviceId: 'phone' };
const laptop = { deviceId: 'laptop' };
function onPhone() {
  return played({}, [[1, bob.joins(phone)]]);
}

describe('an accept', () => {
  it('binds the user to the device that accepted', () => {
    const { decision } = given(direct.ringing())
      .when(bob.joins(phone), 1)
      .thenExpect({ participants: { bob: { deviceId: 'phone' } } });
    given(decision.call)
      .when(bob.joins(laptop), 2)
      .thenExpect({ refused: 'ANSWERED_ELSEWHERE', unchanged: true });
  });

  it('without a device binds none, until a later request names one', () => {
    given(direct.ringing())
      .when(bob.joins(), 1)
      .when(bob.asksForToken(laptop), 2)
      .thenExpect({
        events: ['call:participant_updated'],
        participants: { bob: { deviceId: 'laptop' } },
      })
      .when(bob.asksForToken(phone), 3)
      .thenExpect({ refused: 'ANSWERED_ELSEWHERE', unchanged: true });
  });

  it('binds the new device of a user who rejoins', () => {
    given(played({ participantIds: ['bob', 'cyn'] }, [[1, bob.joins(phone)]]))
      .when(bob.leaves(), 2)
      .thenExpect({ participants: { bob: { deviceId: null } } })
      .when(bob.joins({ ...laptop, rejoin: true }), 3)
      .thenExpect({ participants: { bob: { deviceId: 'laptop' } } });
  });
});

describe('a user who is in the call on another device', () => {
  it('gets ANSWERED_ELSEWHERE when this device declines', () => {
    given(onPhone())
      .when(bob.declines(laptop), 2)
      .thenExpect({ refused: 'ANSWERED_ELSEWHERE', unchanged: true });
  });

  it('can leave from any device', () => {
    given(onPhone())
      .when(bob.leaves(), 2)
      .thenExpect({ call: { state: 'ended', endedBy: 'bob' } });
  });

  it('takes the call over by a join, after which the old device gets ANSWERED_ELSEWHERE', () => {
    given(onPhone())
      .when(bob.joins({ ...laptop, takeover: true }), 2)
      .thenExpect({
        events: ['call:participant_updated'],
        effects: [],
        participants: { bob: { deviceId: 'laptop' } },
      })
      .when(bob.joins(phone), 3)
      .thenExpect({ refused: 'ANSWERED_ELSEWHERE', unchanged: true });
  });

  it('takes the call over by requesting a token', () => {
    given(onPhone())
      .when(bob.asksForToken({ ...laptop, takeover: true }), 2)
      .thenExpect({
        events: ['call:participant_updated'],
        participants: { bob: { deviceId: 'laptop' } },
      });
  });

  it('may be the caller, who is bound to the device that started', () => {
    given(played({ deviceId: 'phone' }))
      .when(by('ann').asksForToken(laptop), 1)
      .thenExpect({ refused: 'ANSWERED_ELSEWHERE', unchanged: true });
  });
});

describe('a deadline is not extended', () => {
  it('by a repeated join, a new token or a takeover while joining', () => {
    const deadline = at(51);
    given(onPhone())
      .when(bob.joins(phone), 20)
      .thenExpect({ participants: { bob: { deadline } } })
      .when(bob.asksForToken(phone), 30)
      .thenExpect({ participants: { bob: { deadline } } })
      .when(bob.asksForToken({ ...laptop, takeover: true }), 40)
      .thenExpect({ participants: { bob: { deadline } } })
      .when(bob.joins({ ...phone, takeover: true }), 45)
      .thenExpect({ participants: { bob: { deadline } } });
  });

  it('by a takeover while reconnecting', () => {
    given(direct.reconnecting())
      .when(bob.asksForToken({ ...laptop, takeover: true }), 20)
      .thenExpect({ participants: { bob: { state: 'reconnecting', deadline: at(43) } } });
  });

  it('by a second loss while the user moves between sessions', () => {
    given(direct.connected())
      .when(liveKit.replaced('bob', 1), 10)
      .when(liveKit.left('bob', 2), 20)
      .thenExpect({ participants: { bob: { state: 'reconnecting', deadline: at(50) } } });
  });
});
