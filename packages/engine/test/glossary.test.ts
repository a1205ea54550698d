import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { endReasons, outcomes, ringStopCauses } from '@ringline/contract';
import { type Call, getOutcome, isTerminal } from '@ringline/domain';
import { itemsOf, rowsOf } from '@ringline/testing/markdown';
import { load, someone, stateOf } from './acts.ts';
import { answeredEnds, ownEnds, type People, type Scenario, unansweredEnds } from './every-end.ts';
import { type Stage, setStage, type TestEngine } from './stage.ts';

function read(document: string): string {
  return readFileSync(new URL(`../../../docs/${document}`, import.meta.url), 'utf8');
}

const glossary = read('glossary.md');
const ends = rowsOf(
  glossary,
  ...['what happens', '`state`', '`endReason`', '`endedBy`'],
  ...["caller's outcome", "callee's outcome", 'ring stops with'],
);
const endsOfOne = rowsOf(
  glossary,
  ...['what happens', 'participant', 'outcome', 'ring stops with'],
  "the SDK's `ended` names",
);

let stage: Stage;
let engine: TestEngine;

beforeAll(async () => {
  stage = await setStage();
  engine = stage.engine();
});
afterAll(() => stage.clear());

/** Plays the scenario, and resolves to Ann's call and to why Bob's devices stopped ringing in it. */
async function play(
  scenarios: Record<string, Scenario>,
  what: string,
): Promise<People & { call: Call; causes: string[] }> {
  const people = { ann: someone('ann'), bob: someone('bob'), cyn: someone('cyn') };
  const scenario = scenarios[what];
  if (scenario === undefined) throw new Error(`no scenario is called ${what}`);
  await scenario(people);
  const sql = 'SELECT id FROM calls WHERE initiator_id = $1';
  const [id = { id: '' }] = await stage.query<{ id: string }>(sql, [people.ann]);
  const causes = engine.sent
    .filter(({ event, to }) => event === 'call:ringing_stopped' && to.includes(people.bob))
    .map(({ payload }) => payload as { callId: string; cause: string })
    .filter(({ callId }) => callId === id.id)
    .map(({ cause }) => cause);
  return { ...people, call: await load(engine, id), causes };
}

describe('the ends in docs/glossary.md', () => {
  const scenarios = () => ({ ...unansweredEnds(stage, engine), ...answeredEnds(stage, engine) });

  it.each(ends)('show each side what the glossary says: %s', async (what, ...told) => {
    const { ann, bob, call, causes } = await play(scenarios(), what);
    const names = new Map([
      [null, 'null'],
      [ann, 'the caller'],
      [bob, 'the callee'],
    ]);
    expect(told.map((cell) => itemsOf(cell).join())).toEqual([
      ...[call.state, call.endReason, names.get(call.endedBy)],
      ...[getOutcome(call, ann), getOutcome(call, bob), causes.join()],
    ]);
  });

  it.each(endsOfOne)('of one user show what the glossary says: %s', async (what, ...told) => {
    const { bob, call, causes } = await play(ownEnds(stage, engine), what);
    expect(isTerminal(call)).toBe(false);
    expect(told.slice(0, 3).map((cell) => itemsOf(cell).join())).toEqual([
      ...[stateOf(call, bob), getOutcome(call, bob), causes.join()],
    ]);
  });

  it('are all that the scenarios play', () => {
    expect(ends.map(([what]) => what)).toEqual(Object.keys(scenarios()));
    expect(endsOfOne.map(([what]) => what)).toEqual(Object.keys(ownEnds(stage, engine)));
  });

  it('have every state and reason that the call rules have', () => {
    const titles = ['state', '`endReason`', 'answered', '`endedBy`', 'when'];
    const pairs = (rows: string[][], index: number) =>
      [...new Set(rows.map((row) => row.slice(index, index + 2).join()))].sort();
    expect(pairs(ends, 1)).toEqual(pairs(rowsOf(read('call-rules.md'), ...titles), 0));
  });

  it('have every reason, outcome and cause of the contract', () => {
    const column = (index: number) => new Set(ends.flatMap((row) => itemsOf(row[index])));
    expect(column(2)).toEqual(new Set(endReasons));
    expect(new Set([...column(4), ...column(5), 'ongoing'])).toEqual(new Set(outcomes));
    expect(column(6)).toEqual(new Set(ringStopCauses));
  });
});
