import { describe, expect, it } from '@jest/globals';
import {
  findParticipant,
  getDeadline,
  getExpiresAt,
  getNextDueAt,
  isNumbered,
} from '@ringline/domain';
import { direct, group, over, three } from './fixtures/calls.ts';
import { at, by, liveKit, TIMINGS, timePasses } from './fixtures/commands.ts';
import { given, played } from './fixtures/given.ts';

function aloneAt(seconds: number) {
  return given(three()).when(by('bob').leaves(), seconds).when(by('cyn').leaves(), seconds);
}

describe('the connect deadline', () => {
  it('runs separately from each accept', () => {
    given(played({ participantIds: ['bob', 'cyn'] }))
      .when(by('bob').joins(), 1)
      .when(by('cyn').joins(), 20)
      .thenExpect({
        participants: { bob: { deadline: at(51) }, cyn: { deadline: at(70) } },
      });
  });

  it('runs from the first accept for an initiator who has not joined', () => {
    given(played({ participantIds: ['bob', 'cyn'] }))
      .when(timePasses, 9)
      .thenExpect({ participants: { ann: { deadline: null } } })
      .when(by('bob').joins(), 10)
      .thenExpect({ participants: { ann: { deadline: at(60) } } })
      .when(by('cyn').joins(), 20)
      .thenExpect({ participants: { ann: { deadline: at(60) } } });
  });

  it('does not run for an initiator who joined before the first accept', () => {
    given(direct.ringing())
      .when(liveKit.joined('ann'), 1)
      .when(by('bob').joins(), 10)
      .thenExpect({ participants: { ann: { state: 'joined', deadline: null } } });
  });

  it('does not replace the grace period of an initiator who was lost before the first accept', () => {
    given(direct.ringing())
      .when(liveKit.joined('ann'), 1)
      .when(liveKit.left('ann'), 2)
      .when(by('bob').joins(), 10)
      .thenExpect({ participants: { ann: { state: 'reconnecting', deadline: at(42) } } });
  });

  it('removes one user from a group and keeps the others in the call', () => {
    given(group.connected())
      .when(by('cyn').joins(), 10)
      .when(timePasses, 60)
      .thenExpect({
        events: ['call:participant_left'],
        effects: [{ name: 'remove_participant', userId: 'cyn' }],
        call: { state: 'connected' },
        participants: {
          cyn: { state: 'left', exit: { at: at(60), cause: 'connect_timeout', by: null } },
        },
      });
  });

  it('ends when the user joins', () => {
    given(direct.connecting())
      .when(liveKit.joined('bob'), 10)
      .thenExpect({ participants: { bob: { deadline: null } } });
  });
});

describe('the solo deadline and the maximum duration', () => {
  it('set expiresAt to the earlier of the two', () => {
    const { call } = given(three());
    expect(getExpiresAt(call)).toBe(at(3602));
    expect(getExpiresAt(aloneAt(10).call)).toBe(at(110));
    expect(getExpiresAt(aloneAt(3550).call)).toBe(at(3602));
    expect(getExpiresAt(aloneAt(10).when(by('bob').rejoins(), 20).call)).toBe(at(3602));
  });

  it('leave expiresAt null before either runs', () => {
    expect(getExpiresAt(direct.ringing())).toBeNull();
    expect(getExpiresAt(direct.connecting())).toBeNull();
  });

  it('publish call:updated when expiresAt changes', () => {
    const published = (seconds: number) => aloneAt(seconds).decision.events.filter(isNumbered);
    expect(published(10)).toMatchObject([{}, { name: 'call:updated', expiresAt: at(110) }]);
    // The solo deadline would be later than the maximum duration, so clients do not see it.
    expect(published(3550)).toMatchObject([{ name: 'call:participant_left' }]);
  });

  it('publish call:updated with the first connected', () => {
    const { decision } = given(direct.connecting())
      .when(liveKit.joined('ann'), 2)
      .when(liveKit.joined('bob'), 3);
    expect(decision.events).toMatchObject([
      { name: 'call:participant_joined' },
      { name: 'call:state_changed', state: 'connected' },
      { name: 'call:updated', expiresAt: at(3603) },
    ]);
  });

  it('end the call at the earlier of the two', () => {
    aloneAt(10)
      .when(timePasses, 200)
      .thenExpect({ call: { endReason: 'solo_timeout', endedAt: at(110) } });
    aloneAt(3550)
      .when(timePasses, 9000)
      .thenExpect({ call: { endReason: 'max_duration', endedAt: at(3602) } });
  });

  it('do not end a call in which the user is no longer alone', () => {
    aloneAt(10)
      .when(by('bob').rejoins(), 109)
      .when(timePasses, 111)
      .thenExpect({ unchanged: true });
  });

  it('count the maximum duration from connectedAt', () => {
    given(direct.connecting())
      .when(liveKit.joined('ann'), 30)
      .when(liveKit.joined('bob'), 40)
      .when(timePasses, 3639)
      .thenExpect({ call: { state: 'connected' } })
      .when(timePasses, 3640)
      .thenExpect({ call: { endReason: 'max_duration' } });
  });
});

describe('getNextDueAt', () => {
  it.each([
    ['the first ring deadline of an unanswered call', direct.ringing(), at(30)],
    ['the first connect deadline of an answered call', direct.connecting(), at(51)],
    ['the warning time of a connected call', direct.connected(), at(3542)],
    ['the grace deadline of a reconnecting user', direct.reconnecting(), at(43)],
    ['the ring deadline in a connected group', group.connected(), at(30)],
    ['the warning time of a user who is alone', aloneAt(10).call, at(80)],
    ['null for a call that is over', over.ended(), null],
  ])('returns %s', (_, call, due) => {
    expect(getNextDueAt(call)).toBe(due);
  });

  it('ignores the deadlines of users who have left', () => {
    const { call } = given(three()).when(liveKit.left('bob'), 5).when(by('bob').leaves(), 6);
    const bob = findParticipant(call, 'bob');
    expect(bob && getDeadline(bob)).toBeNull();
    expect(getNextDueAt(call)).toBe(at(3542));
  });
});

describe('call:ending_soon', () => {
  const warning = (seconds: number, reason: string) => ({
    name: 'call:ending_soon',
    at: expect.any(Number),
    expiresAt: at(seconds),
    reason,
  });

  it('is sent once, a minute before the maximum duration ends', () => {
    const warned = given(direct.connected()).when(timePasses, 3542);
    expect(warned.decision.events).toEqual([warning(3602, 'max_duration')]);
    warned.when(timePasses, 3601).thenExpect({ unchanged: true });
  });

  it('is sent once, 30 seconds before the solo deadline', () => {
    const warned = aloneAt(10).when(timePasses, 80);
    expect(warned.decision.events).toEqual([warning(110, 'solo_timeout')]);
    warned.when(timePasses, 109).thenExpect({ unchanged: true });
  });

  it('is due after half of a duration shorter than the warning time', () => {
    const timings = { ...TIMINGS, soloSeconds: 20 };
    const alone = given(three({ timings }))
      .when(by('bob').leaves(), 10)
      .when(by('cyn').leaves(), 10);
    expect(getNextDueAt(alone.call)).toBe(at(20));
  });

  it('is sent again for a new solo deadline, and not for a lifted one', () => {
    const again = aloneAt(10)
      .when(timePasses, 80)
      .when(by('bob').rejoins(), 90)
      .when(by('bob').leaves(), 95)
      .thenExpect({ call: { soloExpiresAt: at(195) } })
      .when(timePasses, 165);
    expect(again.decision.events).toEqual([warning(195, 'solo_timeout')]);
  });

  it('is sent at once when the end moves to a time that is near', () => {
    const timings = { ...TIMINGS, soloSeconds: 20, maxSeconds: 100 };
    const back = given(three({ timings }))
      .when(by('bob').leaves(), 45)
      .when(by('cyn').leaves(), 45)
      .thenExpect({ call: { soloExpiresAt: at(65) } })
      .when(by('bob').rejoins(), 60)
      .thenExpect({
        events: ['call:ending_soon', 'call:accepted', 'call:updated', 'call:ending_soon'],
      });
    expect(back.decision.events.filter(({ name }) => name === 'call:ending_soon')).toEqual([
      { ...warning(65, 'solo_timeout'), at: at(55) },
      { ...warning(102, 'max_duration'), at: at(60) },
    ]);
  });

  it('has no seq and changes only warnedFor', () => {
    const before = direct.connected();
    const { call, decision } = given(before).when(timePasses, 3542);
    expect(decision.events.some(isNumbered)).toBe(false);
    expect({ ...call, warnedFor: null }).toEqual(before);
  });
});
