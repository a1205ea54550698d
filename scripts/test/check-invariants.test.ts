import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createTestDatabase, type TestDatabase } from '@ringline/testing/postgres';
import { Client } from 'pg';

const SCRIPT = join(import.meta.dirname, '..', 'check-invariants.ts');
const CALL_ID = '0198f0c2-0000-7000-8000-000000000001';

let database: TestDatabase;

beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

interface Finished {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function check(args: string[], env: Record<string, string> = {}): Promise<Finished> {
  const options = { env: { ...process.env, DATABASE_URL: database.url, ...env } };
  try {
    const { stdout, stderr } = await promisify(execFile)(
      process.execPath,
      [SCRIPT, ...args],
      options,
    );
    return { code: 0, stdout, stderr };
  } catch (error) {
    return error as Finished;
  }
}

/** Adds an Idempotency-Key of a call that does not exist. */
async function breakDatabase(): Promise<void> {
  const client = new Client({ connectionString: database.url });
  await client.connect();
  await client.query('SET session_replication_role = replica');
  await client.query(
    `INSERT INTO idempotency_keys (user_id, key, fingerprint, status, call_id, merged)
     VALUES ('ann', 'key', 'body', 201, $1, false)`,
    [CALL_ID],
  );
  await client.end();
}

describe('npm run check:invariants', () => {
  it('reports that all invariants of a sound database hold', async () => {
    expect(await check([])).toEqual({
      code: 0,
      stdout: expect.stringMatching(/^\d+ invariants checked, 0 violated\.\n$/),
      stderr: '',
    });
  });

  it.each([
    [['--since', 'yesterday'], {}, '--since takes a number of hours'],
    [
      [],
      { EVENT_RETENTION_DAYS: 'few', LIVEKIT_URL: 'http://127.0.0.1:1', LIVEKIT_API_KEY: 'key' },
      'EVENT_RETENTION_DAYS must be a whole number from 1 to 3650; LIVEKIT_API_SECRET is missing',
    ],
    [[], { DATABASE_URL: 'postgres://ann:secret@127.0.0.1:1/none' }, 'ECONNREFUSED'],
    [
      [],
      { LIVEKIT_URL: 'http://127.0.0.1:1', LIVEKIT_API_KEY: 'key', LIVEKIT_API_SECRET: 'secret' },
      'Not checked: ',
    ],
  ])('exits with 2 if it cannot check: %j %j', async (args, env, complaint) => {
    const { code, stdout, stderr } = await check(args, env);
    expect(code).toBe(2);
    expect(stderr).toContain(complaint);
    expect(stderr).not.toContain('secret@');
    expect(stdout).toBe('');
  });

  it('prints each violation on a line and exits with 1', async () => {
    await breakDatabase();
    const { code, stdout } = await check(['--since', '24']);
    expect(code).toBe(1);
    expect(stdout.split('\n')).toEqual([
      expect.stringMatching(
        new RegExp(`^idempotency-key-refers-to-a-call {2}call ${CALL_ID} {2}a key of ann from `),
      ),
      '1 x idempotency-key-refers-to-a-call: Every Idempotency-Key refers to a call that exists.',
      expect.stringMatching(/^\d+ invariants checked, 1 violated\.$/),
      '',
    ]);
  });

  it('prints the whole report as JSON', async () => {
    const { code, stdout } = await check(['--json']);
    expect(code).toBe(1);
    const { checked, violations } = JSON.parse(stdout);
    expect(checked).toContainEqual({
      name: 'idempotency-key-refers-to-a-call',
      holds: 'Every Idempotency-Key refers to a call that exists.',
      found: 1,
    });
    expect(violations).toEqual([
      {
        invariant: 'idempotency-key-refers-to-a-call',
        callId: CALL_ID,
        detail: expect.any(String),
      },
    ]);
  });
});
