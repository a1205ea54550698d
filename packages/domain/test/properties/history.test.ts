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

describe('a call after any commands in any order', () => {
  it('does not change once it is over, and only removes users who join the room', () => {
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

  it('numbers its events without a gap up to its own seq', () => {
    holdsAlways((story) => {
      const numbers = eventsOf(story)
        .filter(isNumbered)
        .map(({ seq }) => seq);
      expect(numbers).toEqual(numbers.map((_, index) => index + 1));
      expect(callsOf(story).at(-1)?.seq ?? 0).toBe(numbers.length);
    });
  });

  it('has call:ended as its last event exactly when it is over', () => {
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

  it('is rebuilt by its events, from its start and from every state in between', () => {
    holdsAlways((story) => {
      const last = callsOf(story).at(-1) ?? null;
      expect(evolveAll(null, eventsOf(story))).toEqual(last);
      for (const { before, decision } of story.steps) {
        expect(evolveAll(before, decision.events)).toEqual(decision.call);
      }
    });
  });

  it('opens each invitation once and settles it with one outcome by its end', () => {
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

  it('applies only due deadlines when a command is refused', () => {
    holdsAlways(({ steps }) => {
      for (const { before, now, decision } of steps) {
        if (decision.refusal === null) continue;
        const inTime = decide(before, { name: 'expire_deadlines' }, now);
        expect(decision).toEqual({ ...inTime, refusal: decision.refusal });
      }
    });
  });

  it('stays the same object when a command has no events', () => {
    holdsAlways(({ steps }) => {
      for (const { before, decision } of steps) {
        if (decision.events.length === 0) expect(decision.call).toBe(before);
      }
    });
  });

  it('warns once of each expiresAt', () => {
    holdsAlways((story) => {
      const warned = eventsOf(story).filter((event) => event.name === 'call:ending_soon');
      for (const [index, { expiresAt }] of warned.entries()) {
        expect(warned[index + 1]?.expiresAt).not.toBe(expiresAt);
      }
    });
  });
});
