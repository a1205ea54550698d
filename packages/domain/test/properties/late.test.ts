import { describe, expect, it } from '@jest/globals';
import { type Call, type CallEvent, decide, getNextDueAt, type Instant } from '@ringline/domain';
import { timePasses } from '../fixtures/commands.ts';
import { eventsOf, holdsAlways, type Story } from './runs.ts';

type Decided = { call: Call; events: CallEvent[] };

/** Applies every deadline at its due time, up to `until`. */
function expirePunctually(before: Decided, until: Instant): Decided {
  let { call } = before;
  const events = [...before.events];
  for (let due = getNextDueAt(call); due !== null && due <= until; due = getNextDueAt(call)) {
    const decision = decide(call, timePasses, due);
    call = decision.call;
    events.push(...decision.events);
  }
  return { call, events };
}

/** The same commands at the same times, with a punctual worker. */
function withPunctualWorker({ started, steps }: Story): Decided | null {
  return started === null
    ? null
    : steps.reduce<Decided>((before, { command, now }) => {
        const { call, events } = expirePunctually(before, now);
        const decision = decide(call, command, now);
        return { call: decision.call, events: [...events, ...decision.events] };
      }, started);
}

describe('a deadline that is applied late', () => {
  it('leads to the same call and the same events', () => {
    holdsAlways((story) => {
      const last = story.steps.at(-1)?.decision.call ?? story.started?.call;
      const inTime = withPunctualWorker(story);
      expect(inTime?.call).toEqual(last);
      expect(inTime?.events ?? []).toEqual(eventsOf(story));
    });
  });

  it('leads to the same end of a call without further commands', () => {
    holdsAlways((story) => {
      for (const { decision } of story.steps) {
        const end = Number.MAX_SAFE_INTEGER;
        const inTime = expirePunctually({ call: decision.call, events: [] }, end);
        const late = decide(decision.call, timePasses, end);
        expect(late.call).toEqual(inTime.call);
        expect(late.events).toEqual(inTime.events);
        expect(getNextDueAt(late.call)).toBeNull();
        expect(late.call.endedAt).not.toBeNull();
      }
    }, 50);
  });

  it('changes nothing when it is applied again', () => {
    holdsAlways(({ steps }) => {
      for (const { decision, now } of steps) {
        const again = decide(decision.call, timePasses, now);
        expect(again.events).toEqual([]);
      }
    });
  });
});
