import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { command, loadCall, mediaJoined } from '../decisions.ts';
import {
  type ConsistentDatabase,
  createConsistentDatabase,
  DAY_MS,
} from './consistent-database.ts';

let db: ConsistentDatabase;

beforeAll(async () => {
  db = await createConsistentDatabase();
});
afterEach(() => db.restore());
afterAll(() => db.stop());

describe('events', () => {
  it.each(['2', '(SELECT seq FROM calls WHERE id = $1)'])(
    'a call without its event %s has a gap',
    async (seq) => {
      await db.tamper(`DELETE FROM call_events WHERE call_id = $1 AND seq = ${seq}`, [
        db.connected,
      ]);
      expect(await db.violations()).toEqual([
        [
          'events-have-no-gap',
          db.connected,
          expect.stringMatching(/^the call is at seq \d+ and has \d+ events/),
        ],
      ]);
    },
  );

  it('a call whose events retention has deleted has no gap', async () => {
    await db.fixture.moveTime(29 * DAY_MS);
    await db.tamper('DELETE FROM call_events');
    const gaps = async () =>
      (await db.violations()).filter(([name]) => name === 'events-have-no-gap').length;
    expect(await gaps()).toBe(4);
    await db.fixture.moveTime(2 * DAY_MS);
    expect(await gaps()).toBe(0);
  });

  it('a second call:ended is reported', async () => {
    await db.tamper(
      `INSERT INTO call_events SELECT call_id, seq + 1, at, event, payload, actor, request_id
       FROM call_events WHERE call_id = $1 AND event = 'call:ended'`,
      [db.ended],
    );
    await db.tamper('UPDATE calls SET seq = seq + 1 WHERE id = $1', [db.ended]);
    const { seq } = (await loadCall(db.fixture.store, db.ended)).call;
    expect(await db.violations()).toEqual([
      [
        'nothing-follows-the-end',
        db.ended,
        `event ${seq}, call:ended, follows call:ended, which is event ${seq - 1}`,
      ],
    ]);
  });

  it.each([
    "ended_by = 'zoe'",
    'ended_by = NULL',
    "state = 'failed'",
    "end_reason = 'solo_timeout'",
    "ended_at = ended_at + interval '1 millisecond'",
  ])('an ended call that was changed to %s is reported', async (change) => {
    await db.tamper(`UPDATE calls SET ${change} WHERE id = $1`, [db.ended]);
    await db.tamper('UPDATE call_participants SET stayed_ms = 1 WHERE call_id = $1', [db.ended]);
    await db.tamper("UPDATE call_participants SET outcome = 'completed' WHERE call_id = $1", [
      db.ended,
    ]);
    expect(await db.violations()).toEqual([
      ['end-is-as-announced', db.ended, expect.stringMatching(/^the call is .* event \d+ is \{/)],
    ]);
  });

  it('an ended call without call:ended is reported', async () => {
    await db.tamper(
      "UPDATE call_events SET event = 'call:updated' WHERE call_id = $1 AND event = 'call:ended'",
      [db.ended],
    );
    expect(await db.violations()).toEqual([
      ['end-is-as-announced', db.ended, expect.stringMatching(/is call:updated$/)],
    ]);
  });

  it('an active call with call:ended is reported', async () => {
    await db.tamper(
      `UPDATE call_events SET (event, payload) = ('call:ended', (
         SELECT payload FROM call_events WHERE call_id = $2 AND event = 'call:ended'
       )) WHERE call_id = $1 AND seq = (SELECT seq FROM calls WHERE id = $1)`,
      [db.connected, db.ended],
    );
    expect(await db.violations()).toEqual([
      ['end-is-as-announced', db.connected, expect.stringMatching(/^the call is connected/)],
    ]);
  });
});

describe('deadlines', () => {
  it('a call is reported from five seconds after its missed deadline on', async () => {
    await db.fixture.moveTime(34_000);
    const late = async () =>
      (await db.violations()).filter(([name]) => name === 'deadlines-are-met-within-five-seconds');
    expect(await late()).toEqual([]);
    await db.fixture.moveTime(2000);
    expect(await late()).toEqual([
      [expect.any(String), db.connecting, expect.stringMatching(/^connecting, due since/)],
    ]);
  });

  it('a late call is reported even if its next_due_at is ahead', async () => {
    await db.fixture.moveTime(36_000);
    await db.tamper(
      "UPDATE calls SET next_due_at = ringline_now() + interval '1 hour' WHERE id = $1",
      [db.connecting],
    );
    expect((await db.violations()).map(([name, callId]) => [name, callId])).toEqual([
      ['deadlines-are-met-within-five-seconds', db.connecting],
      ['derived-columns-are-right', db.connecting],
    ]);
  });

  it('an active call without a deadline is reported', async () => {
    await db.tamper('UPDATE call_participants SET deadline = NULL WHERE call_id = $1', [
      db.connecting,
    ]);
    await db.tamper('UPDATE calls SET next_due_at = NULL WHERE id = $1', [db.connecting]);
    expect(await db.violations()).toEqual([
      ['live-call-has-a-deadline', db.connecting, 'connecting, with no deadline'],
    ]);
  });

  it.each([
    ['calls SET next_due_at = NULL WHERE id = $1', /^next_due_at is null, and should be \d{4}-/],
    ['calls SET duration_seconds = 7 WHERE id = $1', /^duration_seconds is 7, and should be 0$/],
    [
      "call_participants SET call_created_at = 'epoch' WHERE call_id = $1 AND user_id = 'ann'",
      /^call_created_at of ann is 1970-01-01T00:00:00.000Z, and should be \d{4}-/,
    ],
  ])('a wrong column is reported: %s', async (change, detail) => {
    await db.tamper(`UPDATE ${change}`, [db.connected]);
    expect(await db.violations()).toEqual([
      ['derived-columns-are-right', db.connected, expect.stringMatching(detail)],
    ]);
  });

  it('a wrong outcome is reported', async () => {
    await db.tamper("UPDATE call_participants SET outcome = 'busy' WHERE user_id = 'hal'");
    expect(await db.violations()).toEqual([
      ['derived-columns-are-right', db.declined, 'outcome of hal is busy, and should be declined'],
    ]);
  });
});

describe('leftovers', () => {
  it('a commit that was not published for more than ten seconds is reported', async () => {
    await command(db.fixture.store, db.connecting, mediaJoined('eve'));
    await db.fixture.moveTime(9000);
    expect(await db.violations()).toEqual([]);
    await db.fixture.moveTime(2000);
    expect(await db.violations()).toEqual([
      [
        'outbox-is-sent-within-ten-seconds',
        db.connecting,
        expect.stringMatching(/^entry \d+ is from/),
      ],
    ]);
  });

  const key = (callId: string, refusal: object | null) =>
    db.tamper(
      `INSERT INTO idempotency_keys (user_id, key, fingerprint, status, call_id, refusal, merged)
       VALUES ('ann', 'key', 'body', 409, $1, $2, false)`,
      [callId, refusal],
    );

  it('an Idempotency-Key of no call is reported', async () => {
    const callId = randomUUID();
    await key(callId, null);
    expect(await db.violations()).toEqual([
      ['idempotency-key-refers-to-a-call', callId, expect.stringContaining('a key of ann')],
    ]);
  });

  /** Stores samples with sequences 0, 1, 2 and so on. */
  const storeSamples = async (
    ...samples: { callId: string; userId?: string; direction?: string; measuredAt?: number }[]
  ) => {
    const arrivedAt = Date.now();
    await db.tamper('SELECT make_quality_partition($1)', [
      new Date(arrivedAt).toISOString().slice(0, 10),
    ]);
    for (const [sequence, sample] of samples.entries()) {
      const { callId, userId = 'ann', direction = 'receive', measuredAt = arrivedAt } = sample;
      await db.tamper(
        `INSERT INTO call_quality_metrics (arrived_at, sequence, call_id, user_id, direction, measured_at,
           jitter_ms, packet_loss_percent, round_trip_ms, r, mos, level)
         VALUES ($1, $2, $3, $4, $5, $6, 1.5, 0, 40, 93.2, 4.41, 'excellent')`,
        [new Date(arrivedAt), sequence, callId, userId, direction, new Date(measuredAt)],
      );
    }
  };

  it('a sample of a user who is not a participant is reported', async () => {
    await storeSamples({ callId: db.connected }, { callId: db.connected, userId: 'zoe' });
    expect(await db.violations()).toEqual([
      ['quality-sample-is-of-a-participant', db.connected, 'zoe reported and is not a participant'],
    ]);
  });

  it('a sample of a call that retention has deleted is not reported', async () => {
    await storeSamples({ callId: randomUUID() });
    expect(await db.violations()).toHaveLength(1);
    await db.fixture.moveTime(2 * DAY_MS);
    const retention = { eventDays: 1, callDays: 1 };
    expect(
      (await db.violations({ retention })).filter(([name]) => name?.startsWith('quality')),
    ).toEqual([]);
  });

  it('a sample that is stored twice is reported', async () => {
    const measuredAt = Date.now();
    const sample = { callId: db.connected, userId: 'ann', measuredAt };
    await storeSamples(
      sample,
      sample,
      { ...sample, direction: 'send' },
      { ...sample, measuredAt: measuredAt + 1 },
    );
    expect(await db.violations()).toEqual([
      [
        'quality-sample-is-kept-once',
        db.connected,
        expect.stringMatching(/^a sample of ann \(receive\) from .* is stored 2 times$/),
      ],
    ]);
  });
});
