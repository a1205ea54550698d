import { describe, expect, it } from '@jest/globals';
import { type Call, callTransitions, evolve, participantTransitions } from '@ringline/domain';
import fc from 'fast-check';
import { eventsOf, holdsAlways, play, runs, type Story } from './runs.ts';

type Table = Record<string, readonly string[]>;

/** Every change of state, from event to event, of the call and of its participants. */
function changesOf(story: Story): { call: [string, string][]; participant: [string, string][] } {
  const changes = { call: [] as [string, string][], participant: [] as [string, string][] };
  let before: Call | null = null;
  for (const event of eventsOf(story)) {
    const after: Call = evolve(before, event);
    if (before !== null) {
      changes.call.push([before.state, after.state]);
      const states = new Map(before.participants.map(({ userId, state }) => [userId, state]));
      for (const { userId, state } of after.participants) {
        changes.participant.push([states.get(userId) ?? state, state]);
      }
    }
    before = after;
  }
  return {
    call: changes.call.filter(([from, to]) => from !== to),
    participant: changes.participant.filter(([from, to]) => from !== to),
  };
}

function pairsOf(table: Table): string[] {
  return Object.entries(table)
    .flatMap(([from, tos]) => tos.map((to) => `${from} -> ${to}`))
    .sort();
}

function seen(changes: [string, string][]): string[] {
  return [...new Set(changes.map(([from, to]) => `${from} -> ${to}`))].sort();
}

describe('the table of legal transitions', () => {
  it('holds every change of state that a call or a participant ever makes', () => {
    holdsAlways((story) => {
      const { call, participant } = changesOf(story);
      expect(pairsOf(callTransitions)).toEqual(expect.arrayContaining(seen(call)));
      expect(pairsOf(participantTransitions)).toEqual(expect.arrayContaining(seen(participant)));
    });
  });

  it('holds none that cannot happen', () => {
    // One and the same runs each time, enough of them for the rarest change.
    const stories = fc.sample(runs, { seed: 1, numRuns: 3_000 }).map(play).map(changesOf);
    expect(seen(stories.flatMap(({ call }) => call))).toEqual(pairsOf(callTransitions));
    expect(seen(stories.flatMap(({ participant }) => participant))).toEqual(
      pairsOf(participantTransitions),
    );
  });
});
