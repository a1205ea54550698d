import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { endReasons, outcomes, ringStopCauses } from '@ringline/contract';
import { type Call, getOutcome, isTerminal } from '@ringline/domain';
import { itemsOf, rowsOf } from '@ringline/testing/markdown';
import { load, someone, stateOf } from './acts.ts';
import { answeredEnds, ownEnds, type People, type Scenario, unansweredEnds } from './every-end.ts';
import { useStage } from './stage.ts';

function read(document: string): string {
  return readFileSync(new URL(`../../../docs/${document}`, import.meta.url), 'utf8');
}

const glossary = read('glossary.md');
const ends = rowsOf(
  glossary,
  ...['what happens', '`state`', '`endReason`', '`endedBy`'],
  ...["caller's outcome", "callee's outcome", 'ring stops with'],
);
const ownEndRows = rowsOf(
  glossary,
  ...['what happens', 'participant', 'outcome', 'ring stops with'],
  "the SDK's `ended` names",
);

const { stage, engine } = useStage();

/**
 * Plays the scenario. Resolves to Ann's call and the causes for which Bob's devices stopped
 * ringing.
 */
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

describe('the tables of ends in docs/glossary.md', () => {
  const scenarios = () => ({ ...unansweredEnds(stage, engine), ...answeredEnds(stage, engine) });

  it.each(ends)('match the end of the call for each side: %s', async (what, ...cells) => {
    const { ann, bob, call, causes } = await play(scenarios(), what);
    const names = new Map([
      [null, 'null'],
      [ann, 'the caller'],
      [bob, 'the callee'],
    ]);
    expect(cells.map((cell) => itemsOf(cell).join())).toEqual([
      ...[call.state, call.endReason, names.get(call.endedBy)],
      ...[getOutcome(call, ann), getOutcome(call, bob), causes.join()],
    ]);
  });

  it.each(ownEndRows)('match the end of the call for one user: %s', async (what, ...cells) => {
    const { bob, call, causes } = await play(ownEnds(stage, engine), what);
    expect(isTerminal(call)).toBe(false);
    expect(cells.slice(0, 3).map((cell) => itemsOf(cell).join())).toEqual([
      ...[stateOf(call, bob), getOutcome(call, bob), causes.join()],
    ]);
  });

  it('list exactly the scenarios', () => {
    expect(ends.map(([what]) => what)).toEqual(Object.keys(scenarios()));
    expect(ownEndRows.map(([what]) => what)).toEqual(Object.keys(ownEnds(stage, engine)));
  });

  it('list every state and reason of the call rules', () => {
    const titles = ['state', '`endReason`', 'answered', '`endedBy`', 'when'];
    const pairs = (rows: string[][], index: number) =>
      [...new Set(rows.map((row) => row.slice(index, index + 2).join()))].sort();
    expect(pairs(ends, 1)).toEqual(pairs(rowsOf(read('call-rules.md'), ...titles), 0));
  });

  it('list every reason, outcome and cause of the contract', () => {
    const column = (index: number) => new Set(ends.flatMap((row) => itemsOf(row[index])));
    expect(column(2)).toEqual(new Set(endReasons));
    expect(new Set([...column(4), ...column(5), 'ongoing'])).toEqual(new Set(outcomes));
    expect(column(6)).toEqual(new Set(ringStopCauses));
  });
});
