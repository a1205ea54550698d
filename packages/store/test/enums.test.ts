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
import { createStoreFixture, type StoreFixture } from './store-fixture.ts';

let fixture: StoreFixture;
beforeAll(async () => {
  fixture = await createStoreFixture();
});
afterAll(() => fixture.stop());

/** Reads the values that the CHECK of a column allows. */
async function readAllowed(table: string, column: string): Promise<string[]> {
  const rows = await fixture.query<{ definition: string }>(
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
])(
  'the column %s of %s allows exactly the values of the contract',
  async (column, table, values) => {
    expect((await readAllowed(table, column)).toSorted()).toEqual([...values].toSorted());
  },
);
