import { describe, expect, it } from '@jest/globals';
import {
  decide,
  evolveAll,
  type Invitation,
  invitationChanges,
  isNumbered,
  isTerminal,
  MAX_RINGS,
} from '@ringline/domain';
import { callsOf, eventsOf, holdsAlways } from './runs.ts';

describe('whatever happens to a call, in whatever order', () => {
  it('a terminal call stays as it is, and only evicts whom LiveKit lets in', () => {
    holdsAlways(({ steps }) => {
      for (const { before, command, decision } of steps) {
        if (!isTerminal(before)) continue;
        expect(decision.call).toEqual(before);
        expect(decision.events).toEqual([]);
        const evicts = command.name === 'media_joined';
        expect(decision.effects).toEqual(
          evicts ? [{ name: 'remove_participant', userId: command.userId }] : [],
        );
      }
    });
  });

  it('the numbers of its events have no gap, and its own is the last one', () => {
    holdsAlways((story) => {
      const numbers = eventsOf(story)
        .filter(isNumbered)
        .map(({ seq }) => seq);
      expect(numbers).toEqual(numbers.map((_, index) => index + 1));
      expect(callsOf(story).at(-1)?.seq ?? 0).toBe(numbers.length);
    });
  });

  it('its last event is call:ended if it is over, and otherwise there is none', () => {
    holdsAlways((story) => {
      const names = eventsOf(story)
        .filter(isNumbered)
        .map(({ name }) => name);
      const last = callsOf(story).at(-1);
      const ended = last !== undefined && isTerminal(last);
      expect(names.filter((name) => name === 'call:ended')).toHaveLength(ended ? 1 : 0);
      if (ended) expect(names.at(-1)).toBe('call:ended');
    });
  });

  it('its events rebuild it, from its start and from every state on the way', () => {
    holdsAlways((story) => {
      const last = callsOf(story).at(-1) ?? null;
      expect(evolveAll(null, eventsOf(story))).toEqual(last);
      for (const { before, decision } of story.steps) {
        expect(evolveAll(before, decision.events)).toEqual(decision.call);
      }
    });
  });

  it('each ring is opened once, and has one outcome once its call is over', () => {
    holdsAlways((story) => {
      const byRing = new Map<string, Invitation[]>();
      for (const change of invitationChanges(null, eventsOf(story))) {
        const key = `${change.userId} ${change.ring}`;
        byRing.set(key, [...(byRing.get(key) ?? []), change]);
      }
      const last = callsOf(story).at(-1);
      for (const [opened, ...later] of byRing.values()) {
        if (opened === undefined) throw new Error('a ring without a change');
        expect(opened.outcome === null || opened.outcome === 'busy').toBe(true);
        expect(later.length).toBeLessThanOrEqual(opened.outcome === null ? 1 : 0);
        const outcome = [opened, ...later].at(-1)?.outcome;
        if (later.length === 1) expect(outcome).not.toBeNull();
        if (last !== undefined && isTerminal(last)) expect(outcome).not.toBeNull();
        expect(opened.ring).toBeLessThanOrEqual(MAX_RINGS);
        const { userId, ring } = opened;
        expect(ring === 1 || byRing.has(`${userId} ${ring - 1}`)).toBe(true);
      }
    });
  });

  it('a refusal changes nothing but what time had changed before', () => {
    holdsAlways(({ steps }) => {
      for (const { before, now, decision } of steps) {
        if (decision.refusal === null) continue;
        const inTime = decide(before, { name: 'expire_deadlines' }, now);
        expect(decision).toEqual({ ...inTime, refusal: decision.refusal });
      }
    });
  });

  it('a command that changes nothing sends nothing', () => {
    holdsAlways(({ steps }) => {
      for (const { before, decision } of steps) {
        if (decision.events.length === 0) expect(decision.call).toBe(before);
      }
    });
  });

  it('a warning comes once of each end, until the end is another', () => {
    holdsAlways((story) => {
      const warned = eventsOf(story).filter((event) => event.name === 'call:ending_soon');
      for (const [index, { expiresAt }] of warned.entries()) {
        expect(warned[index + 1]?.expiresAt).not.toBe(expiresAt);
      }
    });
  });
});
