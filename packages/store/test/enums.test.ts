import { afterAll, beforeAll, expect, it } from '@jest/globals';
import {
  callModes,
  callStates,
  callTypes,
  endReasons,
  outcomes,
  participantStates,
  qualityDirections,
  qualityLevels,
} from '@ringline/contract';
import { type StoreOnTrial, tryStore } from './store-on-trial.ts';

let trial: StoreOnTrial;
beforeAll(async () => {
  trial = await tryStore();
});
afterAll(() => trial.stop());

/** The values that a column's own CHECK allows. */
async function readAllowed(table: string, column: string): Promise<string[]> {
  const rows = await trial.query<{ definition: string }>(
    `SELECT pg_get_constraintdef(pg_constraint.oid) AS definition
     FROM pg_constraint JOIN pg_attribute
       ON attrelid = conrelid AND conkey = ARRAY[attnum]
     WHERE conrelid = '${table}'::regclass AND contype = 'c' AND attname = '${column}'`,
  );
  const [list] = rows.filter(({ definition }) => definition.includes('= ANY'));
  if (list === undefined) throw new Error(`${table}.${column} has no list of values`);
  return [...list.definition.matchAll(/'([a-z_]+)'::text/g)].map(([, value = '']) => value);
}

it.each<[column: string, table: string, values: readonly string[]]>([
  ['type', 'calls', callTypes],
  ['mode', 'calls', callModes],
  ['state', 'calls', callStates],
  ['end_reason', 'calls', endReasons],
  ['state', 'call_participants', participantStates],
  ['outcome', 'call_participants', outcomes],
  ['direction', 'call_quality_metrics', qualityDirections],
  ['level', 'call_quality_metrics', qualityLevels],
])('lets %s of %s be exactly what the contract lists', async (column, table, values) => {
  expect((await readAllowed(table, column)).toSorted()).toEqual([...values].toSorted());
});
