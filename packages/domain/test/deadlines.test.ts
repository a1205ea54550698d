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
  it('runs from each accept on its own', () => {
    given(played({ participantIds: ['bob', 'cyn'] }))
      .when(by('bob').joins(), 1)
      .when(by('cyn').joins(), 20)
      .thenExpect({
        participants: { bob: { deadline: at(51) }, cyn: { deadline: at(70) } },
      });
  });

  it('runs for an initiator who has not joined from the first answer, and not before', () => {
    given(played({ participantIds: ['bob', 'cyn'] }))
      .when(timePasses, 9)
      .thenExpect({ participants: { ann: { deadline: null } } })
      .when(by('bob').joins(), 10)
      .thenExpect({ participants: { ann: { deadline: at(60) } } })
      .when(by('cyn').joins(), 20)
      .thenExpect({ participants: { ann: { deadline: at(60) } } });
  });

  it('does not run for an initiator who is there before the answer', () => {
    given(direct.ringing())
      .when(liveKit.joined('ann'), 1)
      .when(by('bob').joins(), 10)
      .thenExpect({ participants: { ann: { state: 'joined', deadline: null } } });
  });

  it('leaves the grace of an initiator who was lost before the answer as it was', () => {
    given(direct.ringing())
      .when(liveKit.joined('ann'), 1)
      .when(liveKit.left('ann'), 2)
      .when(by('bob').joins(), 10)
      .thenExpect({ participants: { ann: { state: 'reconnecting', deadline: at(42) } } });
  });

  it('takes one of a group out and leaves the others in it', () => {
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

  it('is over once one is joined', () => {
    given(direct.connecting())
      .when(liveKit.joined('bob'), 10)
      .thenExpect({ participants: { bob: { deadline: null } } });
  });
});

describe('the solo and the maximum duration', () => {
  it('show as expiresAt, the earlier of the two', () => {
    const { call } = given(three());
    expect(getExpiresAt(call)).toBe(at(3602));
    expect(getExpiresAt(aloneAt(10).call)).toBe(at(110));
    expect(getExpiresAt(aloneAt(3550).call)).toBe(at(3602));
    expect(getExpiresAt(aloneAt(10).when(by('bob').rejoins(), 20).call)).toBe(at(3602));
  });

  it('show nothing before either runs', () => {
    expect(getExpiresAt(direct.ringing())).toBeNull();
    expect(getExpiresAt(direct.connecting())).toBeNull();
  });

  it('are told by call:updated whenever what shows changes', () => {
    const told = (seconds: number) => aloneAt(seconds).decision.events.filter(isNumbered);
    expect(told(10)).toMatchObject([{}, { name: 'call:updated', expiresAt: at(110) }]);
    // The solo time would end later than the longest call does, so that nobody needs to know.
    expect(told(3550)).toMatchObject([{ name: 'call:participant_left' }]);
  });

  it('are told with the first connected', () => {
    const { decision } = given(direct.connecting())
      .when(liveKit.joined('ann'), 2)
      .when(liveKit.joined('bob'), 3);
    expect(decision.events).toMatchObject([
      { name: 'call:participant_joined' },
      { name: 'call:state_changed', state: 'connected' },
      { name: 'call:updated', expiresAt: at(3603) },
    ]);
  });

  it('end the call at whichever is earlier', () => {
    aloneAt(10)
      .when(timePasses, 200)
      .thenExpect({ call: { endReason: 'solo_timeout', endedAt: at(110) } });
    aloneAt(3550)
      .when(timePasses, 9000)
      .thenExpect({ call: { endReason: 'max_duration', endedAt: at(3602) } });
  });

  it('do not end a call that is not alone any more', () => {
    aloneAt(10)
      .when(by('bob').rejoins(), 109)
      .when(timePasses, 111)
      .thenExpect({ unchanged: true });
  });

  it('count the longest time from connectedAt, not from the start or the answer', () => {
    given(direct.connecting())
      .when(liveKit.joined('ann'), 30)
      .when(liveKit.joined('bob'), 40)
      .when(timePasses, 3639)
      .thenExpect({ call: { state: 'connected' } })
      .when(timePasses, 3640)
      .thenExpect({ call: { endReason: 'max_duration' } });
  });
});

describe('what is due next', () => {
  it.each([
    ['the first ring of an unanswered call', direct.ringing(), at(30)],
    ['the first connect of an answered one', direct.connecting(), at(51)],
    ['the warning of a connected one', direct.connected(), at(3542)],
    ['the grace of one who is reconnecting', direct.reconnecting(), at(43)],
    ['the ring of a group in which others talk', group.connected(), at(30)],
    ['the warning of one who is alone', aloneAt(10).call, at(80)],
    ['nothing of a call that is over', over.ended(), null],
  ])('is %s', (_, call, due) => {
    expect(getNextDueAt(call)).toBe(due);
  });

  it('is nothing for those who are out, whatever ran for them', () => {
    const { call } = given(three()).when(liveKit.left('bob'), 5).when(by('bob').leaves(), 6);
    const bob = findParticipant(call, 'bob');
    expect(bob && getDeadline(bob)).toBeNull();
    expect(getNextDueAt(call)).toBe(at(3542));
  });
});

describe('the warning that a call ends soon', () => {
  const warning = (seconds: number, reason: string) => ({
    name: 'call:ending_soon',
    at: expect.any(Number),
    expiresAt: at(seconds),
    reason,
  });

  it('comes a minute before the longest time is over, once', () => {
    const warned = given(direct.connected()).when(timePasses, 3542);
    expect(warned.decision.events).toEqual([warning(3602, 'max_duration')]);
    warned.when(timePasses, 3601).thenExpect({ unchanged: true });
  });

  it('comes half a minute before one has been alone too long, once', () => {
    const warned = aloneAt(10).when(timePasses, 80);
    expect(warned.decision.events).toEqual([warning(110, 'solo_timeout')]);
    warned.when(timePasses, 109).thenExpect({ unchanged: true });
  });

  it('comes at half of a time that is shorter than the warning', () => {
    const timings = { ...TIMINGS, soloSeconds: 20 };
    const alone = given(three({ timings }))
      .when(by('bob').leaves(), 10)
      .when(by('cyn').leaves(), 10);
    expect(getNextDueAt(alone.call)).toBe(at(20));
  });

  it('comes again for another end, and not for the one that was called off', () => {
    const again = aloneAt(10)
      .when(timePasses, 80)
      .when(by('bob').rejoins(), 90)
      .when(by('bob').leaves(), 95)
      .thenExpect({ call: { soloExpiresAt: at(195) } })
      .when(timePasses, 165);
    expect(again.decision.events).toEqual([warning(195, 'solo_timeout')]);
  });

  it('comes at once where the end moves to one that is near already', () => {
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

  it('has no number, and shows no change of the call', () => {
    const before = direct.connected();
    const { call, decision } = given(before).when(timePasses, 3542);
    expect(decision.events.some(isNumbered)).toBe(false);
    expect({ ...call, warnedFor: null }).toEqual(before);
  });
});
