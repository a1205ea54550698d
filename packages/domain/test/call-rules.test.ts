import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { callTransitions, decide, participantTransitions, start } from '@ringline/domain';
import { itemsOf, rowsOf } from '@ringline/testing/markdown';
import { findRules, followersOf, givers } from './document/findings.ts';
import { byThemselves, cellKey, toThem } from './document/participants.ts';
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
const findings = findRules();

/** A closed list of the wire, which this package does not import. */
function listOf(name: string): string[] {
  const [, list = ''] = contract.split(`export const ${name} = [`);
  return [...(list.split(']')[0] ?? '').matchAll(/'(\w+)'/g)].map(([, word = '']) => word);
}

function sorted(words: Iterable<string> = []): string[] {
  return [...new Set(words)].sort();
}

/** First cell -> the items of another one. */
function columnOf(rows: string[][], index: number): Record<string, string[]> {
  return Object.fromEntries(
    rows.map((row) => [itemsOf(row[0]).join(), sorted(itemsOf(row[index]))]),
  );
}

function sortedLists(table: Iterable<[string, Iterable<string>]>): Record<string, string[]> {
  return Object.fromEntries([...table].map(([key, list]) => [key, sorted(list)]));
}

describe('the state tables of docs/call-rules.md', () => {
  it('lists the next states of a call as in the code', () => {
    const rows = rowsOf(rules, 'state', 'meaning', 'next states');
    expect(columnOf(rows, 2)).toEqual(sortedLists(Object.entries(callTransitions)));
  });

  it('lists the next states of a participant as in the code', () => {
    const rows = rowsOf(rules, 'state', 'group', 'meaning', 'next states');
    expect(columnOf(rows, 3)).toEqual(sortedLists(Object.entries(participantTransitions)));
  });

  it('lists the states of the contract', () => {
    expect(Object.keys(callTransitions)).toEqual(listOf('callStates'));
    expect(Object.keys(participantTransitions)).toEqual(listOf('participantStates'));
  });
});

describe('the command table of docs/call-rules.md', () => {
  const commands = rowsOf(rules, 'command', 'given by', 'what it does', 'refusals');

  it('lists every command of the code', () => {
    const source = read('packages/domain/src/commands.ts');
    const names = [...source.matchAll(/^ {2}name: '(\w+)';$/gm)].map(([, name = '']) => name);
    expect(Object.keys(columnOf(commands, 0)).sort()).toEqual(sorted(names));
  });

  it('lists the refusals that a participant can get while the call is active', () => {
    const { start: ofStart, ...told } = columnOf(commands, 3);
    const found = Object.keys(told).map((name) => [name, sorted(findings.refusals.get(name))]);
    expect(told).toEqual(Object.fromEntries(found));
    expect(ofStart).toEqual(startRefusals());
  });

  it('says who may give each command', () => {
    const cells = rowsOf(rules, 'command', ...givers).flatMap(([command, ...row]) =>
      row.map((cell, index): [string, string[]] => [
        cellKey(itemsOf(command).join(), givers[index] ?? ''),
        itemsOf(cell),
      ]),
    );
    // Where some can be given, the refusals are about the rest of the request.
    const found = [...findings.givers].map(([key, results]): [string, Iterable<string>] => [
      key,
      results.has('yes') ? ['yes'] : results,
    ]);
    expect(sortedLists(cells)).toEqual(sortedLists(found));
  });

  it('explains each refusal once', () => {
    const explained = rowsOf(rules, 'refusal', 'means here').map(([code]) => itemsOf(code)[0]);
    const named = [...commands.flatMap((row) => itemsOf(row[3])), 'CALL_ENDED'];
    expect([...explained].sort()).toEqual(sorted(named));
  });

  function startRefusals(): string[] {
    const another = 'another call';
    const starts = [
      startOf({ busyUsers: new Map([['ann', another]]) }),
      startOf({ busyUsers: new Map([['bob', another]]) }),
      startOf({ maxParticipants: 1 }),
      startOf({ mediaRefused: true }),
    ];
    return sorted(starts.map((one) => start(one, at(0)).refusal?.code ?? 'none'));
  }
});

describe('the table of call states after each command in docs/call-rules.md', () => {
  const columns = ['ringing', 'connecting', 'connected', 'reconnecting', 'over'];
  const rows = rowsOf(rules, 'command', ...columns);
  const matrix: Record<string, Row> = {
    ...{ ringing, connecting, connected, reconnecting },
    over: terminal('ended'),
  };
  const columnFor = (state: string) => columnOf(rows, columns.indexOf(state) + 1);

  it('has a row for each command of the matrix', () => {
    for (const row of Object.values(matrix)) {
      expect(Object.keys(columnFor('over')).sort()).toEqual(Object.keys(row).sort());
    }
  });

  it.each(Object.keys(matrix))('lists every possible result for a call that is %s', (state) => {
    const told = columnFor(state);
    const found = Object.keys(told).map((name) => [
      name,
      sorted(findings.followers.get(cellKey(name, state))),
    ]);
    expect(told).toEqual(Object.fromEntries(found));
  });

  it.each(Object.entries(matrix))('contains each case of the matrix: %s', (state, row) => {
    for (const [name, cases] of Object.entries(row) as [string, readonly Case[]][]) {
      for (const { sentence, call, command, seconds } of cases) {
        const before = call();
        const decision = decide(before, command, at(seconds));
        expect({ name, sentence, told: columnFor(state)[name] }).toMatchObject({
          told: expect.arrayContaining(followersOf({ before, decision })),
        });
      }
    }
  });
});

describe('the participant tables of docs/call-rules.md', () => {
  it.each([
    ['by a request of their own', byThemselves],
    ['by all else', toThem],
  ])('list every possible result for a participant: %s', (_, columns) => {
    const cells = rowsOf(rules, 'participant', ...columns).flatMap(([state, ...row]) =>
      row.map((cell, index): [string, string[]] => [
        cellKey(itemsOf(state).join(), columns[index] ?? ''),
        itemsOf(cell),
      ]),
    );
    const found = cells.map(([key]): [string, Iterable<string>] => [
      key,
      findings.participants.get(key) ?? [],
    ]);
    expect(sortedLists(cells)).toEqual(sortedLists(found));
  });

  it('list every state', () => {
    const ofRunningCalls = Object.keys(participantTransitions).filter(
      (state) => state !== 'cancelled',
    );
    for (const columns of [byThemselves, toThem]) {
      const rows = rowsOf(rules, 'participant', ...columns).map((row) => itemsOf(row[0]).join());
      expect(rows.sort()).toEqual([...ofRunningCalls, 'barred'].sort());
    }
  });
});

describe('the table of ends in docs/call-rules.md', () => {
  const ends = rowsOf(rules, 'state', '`endReason`', 'answered', '`endedBy`', 'when');

  it('lists every possible end of a call with its endedBy', () => {
    const told = ends.map(([state, reason, answered, by]) => [
      [...itemsOf(state), ...itemsOf(reason), answered].join(),
      by,
    ]);
    const found = [...findings.ends].map(([key, by]) => [key, sorted(by).join(' or ')]);
    expect(Object.fromEntries(told)).toEqual(Object.fromEntries(found));
  });

  it('lists every end reason of the contract', () => {
    expect(sorted(ends.flatMap((row) => itemsOf(row[1])))).toEqual(listOf('endReasons').sort());
  });
});

describe('the table of outcomes in docs/call-rules.md', () => {
  const rows = rowsOf(rules, 'participant', 'and', 'outcome');

  it('lists the outcomes that participants of each state can have', () => {
    const told = Object.keys(participantTransitions).map((state): [string, string[]] => [
      state,
      rows.filter(([states]) => itemsOf(states).includes(state)).flatMap((row) => itemsOf(row[2])),
    ]);
    expect(sortedLists(told)).toEqual(sortedLists(findings.outcomes));
  });

  it('lists every outcome of the contract', () => {
    expect(sorted(rows.flatMap((row) => itemsOf(row[2])))).toEqual(listOf('outcomes').sort());
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
    for (const [, setting, seconds] of rowsOf(rules, ...titles)) {
      expect(settings).toContain(`\n${itemsOf(setting)[0]}=${seconds}\n`);
    }
  });
});
