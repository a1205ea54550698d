import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { checkDatabase } from '@ringline/store';
import { startCall } from '../decisions.ts';
import {
  type ConsistentDatabase,
  createConsistentDatabase,
  HOUR_MS,
  RETENTION,
} from './consistent-database.ts';

let db: ConsistentDatabase;

beforeAll(async () => {
  db = await createConsistentDatabase();
});
afterEach(() => db.restore());
afterAll(() => db.stop());

it('a consistent database violates nothing', async () => {
  const { checked, violations: found } = await db.report();
  expect(found).toEqual([]);
  expect(new Set(checked.map(({ name }) => name)).size).toBe(checked.length);
  expect(checked.length).toBeGreaterThan(15);
  expect(checked.every((one) => one.found === 0)).toBe(true);
});

it('checkDatabase rejects when the database does not answer', async () => {
  const url = Object.assign(new URL(db.fixture.url), { pathname: '/no_such_database' }).href;
  await expect(checkDatabase(url, { retention: RETENTION, limit: 1 })).rejects.toThrow(
    'no_such_database',
  );
});

it('violations of a query invariant are listed up to the limit, and all are counted', async () => {
  await db.tamper(
    'UPDATE call_invitations SET outcome = NULL, ended_at = NULL, expires_at = now()',
  );
  const { checked, violations: listed } = await db.report({ limit: 1 });
  const name = 'ended-call-has-no-open-invitation';
  expect(checked.find((one) => one.name === name)?.found).toBe(2);
  expect(listed.filter(({ invariant }) => invariant === name)).toHaveLength(1);
});

it('violations of a call invariant are listed up to the limit, and all are counted', async () => {
  await db.tamper("UPDATE call_participants SET outcome = 'missed' WHERE outcome <> 'ongoing'");
  const { checked, violations: listed } = await db.report({ limit: 3 });
  const name = 'derived-columns-are-right';
  expect(checked.find((one) => one.name === name)?.found).toBe(4);
  expect(listed.filter(({ invariant }) => invariant === name)).toHaveLength(3);
});

it('a check with sinceHours skips older calls unless they are active', async () => {
  await db.fixture.moveTime(2 * HOUR_MS);
  const name = 'initiator-is-a-participant';
  await db.tamper("DELETE FROM call_participants WHERE user_id IN ('ann', 'cyn')");
  const found = async (sinceHours: number) =>
    (await db.violations({ sinceHours })).filter(([invariant]) => invariant === name);
  expect(await found(3)).toHaveLength(2);
  expect(await found(1)).toEqual([[name, db.connected, 'ann is not a participant']]);
});

describe('participants', () => {
  it('a user who rings in a second call is reported', async () => {
    const [index] = await db.fixture.query<{ sql: string }>(
      "SELECT pg_get_indexdef('call_participants_claim'::regclass) AS sql",
    );
    await db.withoutConstraint('DROP INDEX call_participants_claim', index?.sql ?? '', async () => {
      await startCall(db.fixture.store, 'ivy', ['ann'], { busyUsers: new Map() });
      await db.clearOutbox();
      const found = await db.violations();
      expect(found).toEqual([
        [
          'one-active-call-per-user',
          expect.any(String),
          expect.stringMatching(/^ann is active in 2/),
        ],
      ]);
      expect(found[0]?.[2]).toContain(db.connected);
    });
  });

  it('a participant who is still joined in an ended call is reported', async () => {
    await db.tamper(
      `UPDATE call_participants SET (
         state, outcome, exit_at, exit_cause, exit_by, left_at, session_sid, session_joined_at_ms, staying_since
       ) = ('joined', 'ongoing', NULL, NULL, NULL, NULL, 'PA_1', 1, joined_at)
       WHERE call_id = $1 AND user_id = 'cyn'`,
      [db.ended],
    );
    expect(await db.violations()).toEqual([
      [
        'ended-call-has-no-active-participant',
        db.ended,
        'cyn is still joined in a call that is ended',
      ],
    ]);
  });

  it('a call without participants is reported', async () => {
    await db.tamper('DELETE FROM call_participants WHERE call_id = $1', [db.ended]);
    await db.tamper('DELETE FROM call_invitations WHERE call_id = $1', [db.ended]);
    expect(await db.violations()).toEqual([
      ['initiator-is-a-participant', db.ended, 'cyn is not a participant'],
    ]);
  });

  it('two calls with the same room are both reported', async () => {
    const drop = 'ALTER TABLE calls DROP CONSTRAINT calls_room_name_key';
    await db.withoutConstraint(drop, 'ALTER TABLE calls ADD UNIQUE (room_name)', async () => {
      await db.tamper(
        'UPDATE calls SET room_name = (SELECT room_name FROM calls WHERE id = $1) WHERE id = $2',
        [db.connected, db.ended],
      );
      expect((await db.violations()).sort()).toEqual(
        [
          ['one-call-per-room', db.connected, `call ${db.ended} has the same room`],
          ['one-call-per-room', db.ended, `call ${db.connected} has the same room`],
        ].sort(),
      );
    });
  });
});

describe('invitations', () => {
  it('a ring without an invitation is reported', async () => {
    await db.tamper('DELETE FROM call_invitations WHERE call_id = $1', [db.ended]);
    expect(await db.violations()).toEqual([
      [
        'one-invitation-per-ring',
        db.ended,
        'dan rang 1 times and has 0 invitations, the last numbered 0',
      ],
    ]);
  });

  it('an invitation with a wrong number is reported', async () => {
    await db.tamper('UPDATE call_invitations SET ring = 2 WHERE call_id = $1', [db.ended]);
    expect(await db.violations()).toEqual([
      [
        'one-invitation-per-ring',
        db.ended,
        'dan rang 1 times and has 1 invitations, the last numbered 2',
      ],
    ]);
  });

  it('an invitation of a user who is not a participant is reported', async () => {
    await db.tamper(
      "UPDATE call_participants SET rings = 0 WHERE call_id = $1 AND user_id = 'dan'",
      [db.ended],
    );
    await db.tamper("UPDATE call_invitations SET user_id = 'zoe' WHERE call_id = $1", [db.ended]);
    expect(await db.violations()).toEqual([
      ['one-invitation-per-ring', db.ended, 'zoe has an invitation and is not a participant'],
    ]);
  });

  it('an open invitation to an ended call is reported', async () => {
    await db.tamper(
      'UPDATE call_invitations SET (outcome, ended_at) = (NULL, NULL) WHERE call_id = $1',
      [db.declined],
    );
    expect(await db.violations()).toEqual([
      ['ended-call-has-no-open-invitation', db.declined, 'ring 1 of hal has no outcome'],
    ]);
  });

  it.each([
    ['declined', 'missed'],
    ['declined', 'accepted'],
    ['ended', 'cancelled'],
    ['connected', null],
  ] as const)(
    'the invitation to a call that is %s is reported if its outcome is %s',
    async (state, outcome) => {
      const callId = db[state];
      await db.tamper(
        `UPDATE call_invitations SET (outcome, ended_at) = ($2, CASE WHEN $2::text IS NOT NULL THEN invited_at END)
       WHERE call_id = $1`,
        [callId, outcome],
      );
      expect(await db.violations()).toEqual([
        [
          'invitation-outcome-agrees-with-participant',
          callId,
          expect.stringContaining(`has the outcome ${outcome}; the participant is`),
        ],
      ]);
    },
  );

  it('an invitation with an outcome is reported while the participant rings', async () => {
    const ringing = await startCall(db.fixture.store, 'ivy', ['joe']);
    await db.clearOutbox();
    expect(await db.violations()).toEqual([]);
    await db.tamper(
      "UPDATE call_invitations SET (outcome, ended_at) = ('accepted', invited_at) WHERE call_id = $1",
      [ringing],
    );
    expect(await db.violations()).toEqual([
      [
        'invitation-outcome-agrees-with-participant',
        ringing,
        expect.stringContaining('is invited'),
      ],
    ]);
  });
});
