import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import {
  type CallEvent,
  callTransitions,
  decide,
  getOutcome,
  isAnswered,
  isTerminal,
  participantTransitions,
  start,
} from '@ringline/domain';
import { itemsOf, rowsOf } from '@ringline/testing/markdown';
import { cellKey, otherColumns, ownColumns, participantCells } from './document/participants.ts';
import { everyProbe } from './document/probes.ts';
import type { Probe } from './document/reachable.ts';
import { at, startOf } from './fixtures/commands.ts';
import { connected, connecting, reconnecting } from './matrix/answered-rows.ts';
import type { Case, Row } from './matrix/case.ts';
import { ringing } from './matrix/ringing-row.ts';
import { terminal } from './matrix/terminal-row.ts';

function read(path: string): string {
  return readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8');
}

const rules = read('docs/call-rules.md');
const contract = read('packages/contract/src/states.ts');
const { probes, rareProbes } = everyProbe();

/** A list of the contract, read from its source: the domain must not import its values. */
function listOf(name: string): string[] {
  const [, list = ''] = contract.split(`export const ${name} = [`);
  return [...(list.split(']')[0] ?? '').matchAll(/'(\w+)'/g)].map(([, word = '']) => word);
}

function sorted(words: Iterable<string>): string[] {
  return [...new Set(words)].sort();
}

/** The items of one column, by the first cell of their row. */
function columnOf(rows: string[][], index: number): Record<string, string[]> {
  return Object.fromEntries(
    rows.map((row) => [itemsOf(row[0]).join(), sorted(itemsOf(row[index]))]),
  );
}

function sortedLists(table: Record<string, Iterable<string>>): Record<string, string[]> {
  return Object.fromEntries(Object.entries(table).map(([key, list]) => [key, sorted(list)]));
}

describe('the state tables of docs/call-rules.md', () => {
  it('lists the next states of a call as in the code', () => {
    const rows = rowsOf(rules, 'state', 'meaning', 'next states');
    expect(columnOf(rows, 2)).toEqual(sortedLists(callTransitions));
  });

  it('lists the next states of a participant as in the code', () => {
    const rows = rowsOf(rules, 'state', 'group', 'meaning', 'next states');
    expect(columnOf(rows, 3)).toEqual(sortedLists(participantTransitions));
  });

  it('lists the states of the contract', () => {
    expect(Object.keys(callTransitions)).toEqual(listOf('callStates'));
    expect(Object.keys(participantTransitions)).toEqual(listOf('participantStates'));
  });
});

const commands = rowsOf(rules, 'command', 'given by', 'what it does', 'refusals');

describe('the command table of docs/call-rules.md', () => {
  it('lists every command of the code', () => {
    const source = read('packages/domain/src/commands.ts');
    const names = [...source.matchAll(/^ {2}name: '(\w+)';$/gm)].map(([, name = '']) => name);
    expect(Object.keys(columnOf(commands, 0)).sort()).toEqual(sorted(names));
  });

  it('lists the refusals that a participant can get while the call is active', () => {
    const refusals: Record<string, Set<string>> = { start: startRefusals() };
    for (const { before, command, decision } of [...probes, ...rareProbes]) {
      const seen = refusals[command.name] ?? new Set();
      refusals[command.name] = seen;
      const code = decision.refusal?.code;
      if (code !== undefined && code !== 'CALL_NOT_FOUND' && !isTerminal(before)) seen.add(code);
    }
    const expected = Object.entries(refusals).map(([name, codes]) => [name, sorted(codes)]);
    expect(columnOf(commands, 3)).toEqual(Object.fromEntries(expected));
  });

  it('explains each refusal once', () => {
    const explained = rowsOf(rules, 'refusal', 'means here').map(([code = '']) => itemsOf(code)[0]);
    const named = [...commands.flatMap((row) => itemsOf(row[3])), 'CALL_ENDED'];
    expect([...explained].sort()).toEqual(sorted(named));
  });

  function startRefusals(): Set<string> {
    const another = 'another call';
    const starts = [
      startOf({ busyUsers: new Map([['ann', another]]) }),
      startOf({ busyUsers: new Map([['bob', another]]) }),
      startOf({ maxParticipants: 1 }),
      startOf({ mediaRefused: true }),
    ];
    return new Set(starts.map((one) => start(one, at(0)).refusal?.code ?? 'none'));
  }
});

const STATES = ['ringing', 'connecting', 'connected', 'reconnecting'] as const;
const followers = rowsOf(rules, 'command', ...STATES, 'over');

/** A cell of the table: the state after the command, or the effect on a call that is over. */
function followersOf({ before, decision }: Pick<Probe, 'before' | 'decision'>): string[] {
  const { call, effects, refusal } = decision;
  const names = effects.map(({ name }) => name);
  if (isTerminal(before)) return [refusal?.code ?? names[0] ?? 'nothing'];
  if (refusal !== null) return [];
  return names.includes('create_room') ? [call.state, 'create_room'] : [call.state];
}

describe('the table of call states after each command in docs/call-rules.md', () => {
  const matrix: Record<string, Row> = {
    ...{ ringing, connecting, connected, reconnecting },
    over: terminal('ended'),
  };

  it('has a row for each command of the matrix', () => {
    const tested = Object.values(matrix).map((row) => Object.keys(row).sort());
    for (const names of tested) expect(Object.keys(columnOf(followers, 1)).sort()).toEqual(names);
  });

  it.each(Object.keys(matrix))('lists every possible result for a call that is %s', (column) => {
    const found: Record<string, Set<string>> = {};
    for (const probe of probes) {
      const where = isTerminal(probe.before) ? 'over' : probe.before.state;
      if (where !== column || probe.decision.refusal?.code === 'CALL_NOT_FOUND') continue;
      const seen = found[probe.command.name] ?? new Set();
      found[probe.command.name] = seen;
      for (const follower of followersOf(probe)) seen.add(follower);
    }
    const index = [...STATES, 'over'].indexOf(column) + 1;
    expect(columnOf(followers, index)).toEqual(sortedLists(found));
  });

  it.each(Object.entries(matrix))('contains each case of the matrix: %s', (column, row) => {
    const index = [...STATES, 'over'].indexOf(column) + 1;
    for (const [name, cases] of Object.entries(row) as [string, readonly Case[]][]) {
      for (const { sentence, call, command, seconds } of cases) {
        const before = call();
        const decision = decide(before, command, at(seconds));
        const documented = columnOf(followers, index)[name];
        expect({ name, sentence, documented }).toMatchObject({
          documented: expect.arrayContaining(followersOf({ before, decision })),
        });
      }
    }
  });
});

describe('the participant tables of docs/call-rules.md', () => {
  const cells = participantCells(probes);

  it.each([
    ['by their own request', ownColumns],
    ['by any other command', otherColumns],
  ])('list every possible result for a participant: %s', (_, columns) => {
    const documented: Record<string, string[]> = {};
    const found: Record<string, string[]> = {};
    for (const row of rowsOf(rules, 'participant', ...columns)) {
      for (const [index, column] of columns.entries()) {
        const key = cellKey(itemsOf(row[0]).join(), column);
        documented[key] = sorted(itemsOf(row[index + 1]));
        found[key] = sorted(cells.get(key) ?? []);
      }
    }
    expect(documented).toEqual(found);
  });

  it('list every state', () => {
    for (const columns of [ownColumns, otherColumns]) {
      const rows = rowsOf(rules, 'participant', ...columns).map((row) => itemsOf(row[0]).join());
      const statesInActiveCalls = Object.keys(participantTransitions).filter(
        (one) => one !== 'cancelled',
      );
      expect(rows.sort()).toEqual([...statesInActiveCalls, 'barred'].sort());
    }
  });
});

describe('the table of ends in docs/call-rules.md', () => {
  const ends = rowsOf(rules, 'state', '`endReason`', 'answered', '`endedBy`', 'when');

  it('lists every possible end of a call with its endedBy', () => {
    const found = new Map<string, Set<string>>();
    const record = (event: CallEvent): void => {
      if (event.name !== 'call:ended') return;
      const key = [event.state, event.reason, isAnswered(event.call) ? 'yes' : 'no'].join();
      const by = event.endedBy === null ? 'null' : 'a user';
      found.set(key, (found.get(key) ?? new Set()).add(by));
    };
    for (const { decision } of probes) decision.events.forEach(record);
    start(startOf({ mediaRefused: true }), at(0)).events.forEach(record);
    const documented = ends.map(([state = '', reason = '', answered, by]) => [
      [...itemsOf(state), ...itemsOf(reason), answered].join(),
      by,
    ]);
    expect(Object.fromEntries(documented)).toEqual(
      Object.fromEntries([...found].map(([key, by]) => [key, sorted(by).join(' or ')])),
    );
  });

  it('lists every end reason of the contract', () => {
    expect(sorted(ends.flatMap((row) => itemsOf(row[1])))).toEqual(listOf('endReasons').sort());
  });
});

describe('the table of outcomes in docs/call-rules.md', () => {
  const pairs = rowsOf(rules, 'participant', 'and', 'outcome').flatMap(([states, , outcome]) =>
    itemsOf(states).map((state) => `${state}: ${itemsOf(outcome).join()}`),
  );

  it('lists the outcomes that participants of each state can have', () => {
    const found = probes.flatMap(({ decision: { call } }) =>
      call.participants.map((one) => `${one.state}: ${getOutcome(call, one.userId)}`),
    );
    const failed = start(startOf({ mediaRefused: true }), at(0)).call;
    for (const one of failed?.participants ?? []) {
      found.push(`${one.state}: ${failed && getOutcome(failed, one.userId)}`);
    }
    expect(sorted(pairs)).toEqual(sorted(found));
  });

  it('lists every outcome of the contract', () => {
    expect(sorted(pairs.map((pair) => pair.split(': ')[1] ?? ''))).toEqual(
      listOf('outcomes').sort(),
    );
  });
});

describe('docs/call-rules.md', () => {
  it('lists every ring-stop cause of the contract', () => {
    const causes = rowsOf(rules, 'participant is now', 'cause').flatMap((row) => itemsOf(row[1]));
    expect(sorted(causes)).toEqual(listOf('ringStopCauses').sort());
  });

  it('names the settings of the deadlines with the defaults of .env.example', () => {
    const settings = read('.env.example');
    const titles = ['deadline', 'setting', 'seconds', 'runs from', 'when it is over'];
    for (const [, setting = '', seconds] of rowsOf(rules, ...titles)) {
      expect(settings).toContain(`\n${itemsOf(setting)[0]}=${seconds}\n`);
    }
  });
});
