import { Client } from 'pg';
import { talk } from './calls.ts';
import { setUpStack } from './fixture.ts';
import { createUsers, type User } from './user.ts';

const stack = setUpStack({ env: { RATE_LIMIT_SOCKET_EVENT_BURST: '0' } });

const CANDIDATES = 100;
const READS_WHOLE_CALLS = /json_agg\(row_to_json\(call_participants\)/;

/** The statements that this process sends to Postgres while `work` runs. */
async function statementsDuring(work: () => Promise<unknown>): Promise<string[]> {
  const statements: string[] = [];
  const { query } = Client.prototype;
  Client.prototype.query = function (this: Client, ...args: unknown[]) {
    const [asked] = args as [string | { text: string }];
    statements.push(typeof asked === 'string' ? asked : asked.text);
    return Reflect.apply(query, this, args);
  } as typeof query;
  try {
    await work();
  } finally {
    Client.prototype.query = query;
  }
  return statements;
}

test('a burst of a hundred ICE candidates is relayed without loading the call', async () => {
  const [ann, ben] = (await createUsers(stack, 'ann', 'ben')) as [User, User];
  const callId = await talk(stack, ann, ben);
  const [caller, callee] = [await ann.connect(), await ben.connect()];
  const statements = await statementsDuring(async () => {
    const sent = Array.from({ length: CANDIDATES }, (_, nth) =>
      caller.send('webrtc:ice_candidate', { callId, to: ben.id, nth }),
    );
    for (const answer of await Promise.all(sent)) expect(answer).toEqual({ ok: true, data: {} });
  });
  await callee.next('webrtc:ice_candidate', ({ nth }) => nth === CANDIDATES - 1);
  expect(callee.heard.filter(({ name }) => name === 'webrtc:ice_candidate')).toHaveLength(
    CANDIDATES,
  );
  expect(statements.length).toBeGreaterThan(0);
  expect(statements.filter((sql) => READS_WHOLE_CALLS.test(sql))).toEqual([]);
});
