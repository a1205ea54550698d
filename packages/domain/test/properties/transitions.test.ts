import { describe, expect, it } from '@jest/globals';
import { type Call, callTransitions, evolve, participantTransitions } from '@ringline/domain';
import fc from 'fast-check';
import { eventsOf, holdsAlways, play, runs, type Story } from './runs.ts';

type Table = Record<string, readonly string[]>;

/** The state changes of the call and its participants, event by event. */
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
  it('contains every transition of a call and of a participant', () => {
    holdsAlways((story) => {
      const { call, participant } = changesOf(story);
      expect(pairsOf(callTransitions)).toEqual(expect.arrayContaining(seen(call)));
      expect(pairsOf(participantTransitions)).toEqual(expect.arrayContaining(seen(participant)));
    });
  });

  it('contains no transition that cannot happen', () => {
    // A fixed seed, and enough runs for the rarest transition.
    const stories = fc.sample(runs, { seed: 1, numRuns: 3_000 }).map(play).map(changesOf);
    expect(seen(stories.flatMap(({ call }) => call))).toEqual(pairsOf(callTransitions));
    expect(seen(stories.flatMap(({ participant }) => participant))).toEqual(
      pairsOf(participantTransitions),
    );
  });
});
