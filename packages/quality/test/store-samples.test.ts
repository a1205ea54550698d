import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { ScoredSample } from '@ringline/quality';
import { createSample, createSamples } from './samples.ts';
import { createStage, type Stage } from './stage.ts';

let stage: Stage;
let callId: string;
beforeAll(async () => {
  stage = await createStage();
});
afterAll(() => stage.close());
beforeEach(() => {
  callId = randomUUID();
});

const ALWAYS = 0;
async function listKeys(): Promise<string[]> {
  const rows = await stage.query<{ key: string }>(
    `SELECT (extract(epoch FROM arrived_at) * 1000)::bigint || '-' || sequence AS key
     FROM call_quality_metrics WHERE call_id = $1 ORDER BY arrived_at, sequence`,
    [callId],
  );
  return rows.map(({ key }) => key);
}
function storeSamples(samples: ScoredSample[], since = ALWAYS, quality = stage.quality) {
  return quality.storeSamples(samples, since);
}

/** Differs in each test, since the time of arrival is half of a sample's id. */
let moments = 0;
let at: number;
beforeEach(() => {
  moments += 1;
  at = Date.UTC(2026, 0, 15) - moments * 1000;
});

describe('samples', () => {
  it('are stored with all measurements', async () => {
    const sample = createSample({
      callId,
      arrivedAt: at,
      measuredAt: at - 90_000,
      sequence: 7,
      userId: 'ann:o|k',
      direction: 'send',
      jitterMs: 2.5,
      packetLossPercent: 12.5,
      roundTripMs: 570,
      bandwidthKbps: 300,
      audioLevel: 0.25,
      fps: 7,
      width: 320,
      height: 180,
      codec: 'VP8 "quoted", {odd} \\ NULL',
      freezeCount: 3,
      device: 'null',
      level: 'poor',
      r: 50,
      mos: 2.5,
    });
    await storeSamples([sample]);
    const [row] = await stage.query<{ row: object }>(
      'SELECT row_to_json(kept) AS row FROM call_quality_metrics AS kept WHERE call_id = $1',
      [callId],
    );
    expect(row?.row).toMatchObject({
      sequence: 7,
      user_id: 'ann:o|k',
      direction: 'send',
      jitter_ms: 2.5,
      packet_loss_percent: 12.5,
      round_trip_ms: 570,
      bandwidth_kbps: 300,
      audio_level: 0.25,
      fps: 7,
      width: 320,
      height: 180,
      codec: 'VP8 "quoted", {odd} \\ NULL',
      freeze_count: 3,
      device: 'null',
      level: 'poor',
      r: 50,
      mos: 2.5,
    });
  });

  it('are stored with spaces for the control characters of a text', async () => {
    const codec = 'one\ntwo\t"three"\r\\four\u0001';
    await storeSamples([createSample({ callId, arrivedAt: at, codec, device: '\n' })]);
    const rows = await stage.query(
      'SELECT codec, device, fps FROM call_quality_metrics WHERE call_id = $1',
      [callId],
    );
    expect(rows).toEqual([{ codec: 'one two "three" \\four ', device: ' ', fps: null }]);
  });

  it('go to the partition of the day on which they arrived, which is created if missing', async () => {
    const midnight = Date.UTC(2026, 1, 1);
    const samples = [
      createSample({ callId, arrivedAt: midnight - 1, measuredAt: midnight + 86_400_000 }),
      createSample({ callId, arrivedAt: midnight, measuredAt: midnight - 86_400_000 }),
    ];
    await storeSamples(samples);
    const rows = await stage.query(
      `SELECT tableoid::regclass::text AS partition FROM call_quality_metrics
       WHERE call_id = $1 ORDER BY arrived_at`,
      [callId],
    );
    expect(rows).toEqual([
      { partition: 'call_quality_metrics_20260131' },
      { partition: 'call_quality_metrics_20260201' },
    ]);
  });

  it('that are stored already are recognized by their id, and the others are returned', async () => {
    const [one, two, three] = [1, 2, 3].map((sequence) =>
      createSample({ callId, arrivedAt: at, sequence }),
    ) as [ScoredSample, ScoredSample, ScoredSample];
    expect((await storeSamples([one, two])).stored).toEqual([one, two]);
    expect((await storeSamples([three, two])).stored).toEqual([three]);
    expect((await storeSamples([one, two, three])).stored).toEqual([]);
    expect((await storeSamples([])).stored).toEqual([]);
    expect(await listKeys()).toEqual([`${at}-1`, `${at}-2`, `${at}-3`]);
  });

  it('that two ingesters store at the same time are stored once, without a deadlock', async () => {
    const samples = Array.from({ length: 300 }, (_, sequence) =>
      createSample({ callId, arrivedAt: at, sequence, userId: `user-${sequence % 50}` }),
    );
    const other = stage.openAnother();
    const results = await Promise.all([
      storeSamples(samples),
      storeSamples(samples.toReversed(), ALWAYS, other),
      storeSamples(samples.slice(100), ALWAYS, other),
    ]);
    const stored = results.flatMap((result) => result.stored);
    expect(stored).toHaveLength(300);
    expect(new Set(stored.map(({ sequence }) => sequence)).size).toBe(300);
    expect(await listKeys()).toHaveLength(300);
  });

  it('are stored all or none', async () => {
    const poisoned = [createSample({ callId }), createSample({ callId, sequence: 1, mos: 9 })];
    await expect(storeSamples(poisoned)).rejects.toMatchObject({
      constraint: 'call_quality_metrics_mos_check',
    });
    expect(await listKeys()).toEqual([]);
  });
});

describe('a lasting change', () => {
  let ann = '';
  let bob = '';
  beforeEach(async () => {
    const suffix = randomUUID().slice(0, 8);
    [ann, bob] = [`ann-${suffix}`, `bob-${suffix}`];
    callId = await stage.connectCall(ann, bob);
  });
  const stream = () => ({ callId, userId: ann, direction: 'send' as const });
  const poor = () => createSamples({ ...stream(), mos: 2.1234 }, ['poor', 'poor', 'poor', 'poor']);

  it('fills the outbox for everyone in the call, once', async () => {
    const { outbox } = await storeSamples(poor());
    const messages = [
      {
        event: 'call:quality_changed',
        payload: {
          callId,
          userId: ann,
          direction: 'send',
          level: 'poor',
          mos: 2.12,
          recommendation: 'audio_only',
        },
        to: [ann, bob],
      },
    ];
    expect(outbox).toEqual([{ id: expect.any(String), callId, messages }]);
    const unsent = await stage.store.claimUnsent(-1000, 100);
    expect(unsent.filter(({ id }) => id === outbox[0]?.id)).toEqual(outbox);
  });

  it('is listed with its device until the stream changes again', async () => {
    const onPhone = poor().map((sample) => ({ ...sample, deviceId: 'phone' }));
    const { outbox } = await storeSamples(onPhone);
    const published = { notice: outbox[0]?.messages[0]?.payload, deviceId: 'phone' };
    expect(await stage.quality.listStreamQualities([callId])).toEqual([published]);
    await storeSamples(
      createSamples({ ...stream(), mos: 4.4, deviceId: 'laptop' }, ['good'], Date.now()),
    );
    expect(await stage.quality.listStreamQualities([callId])).toEqual([
      {
        notice: { ...published.notice, level: 'excellent', mos: 4.4, recommendation: 'none' },
        deviceId: 'laptop',
      },
    ]);
  });

  it('is not listed if the level did not last', async () => {
    await storeSamples(createSamples(stream(), ['poor', 'excellent', 'good', 'excellent']));
    expect(await stage.quality.listStreamQualities([callId])).toEqual([]);
  });

  it('is found once, whether its samples come at once, one by one or twice', async () => {
    const published = [];
    for (const sample of poor()) {
      published.push(...(await storeSamples([sample])).outbox);
      published.push(...(await storeSamples([sample])).outbox);
    }
    expect(published).toHaveLength(1);
  });

  it('is found once, whichever ingester stores which of its samples', async () => {
    const others = [stage.quality, stage.openAnother(), stage.openAnother()];
    const published = [];
    for (const [index, sample] of poor().entries()) {
      published.push(...(await storeSamples([sample], ALWAYS, others[index % 3])).outbox);
    }
    expect(published).toHaveLength(1);
  });

  it('is not found if the stream recovers, although several ingesters store its samples', async () => {
    const [one, other] = [stage.openAnother(), stage.openAnother()];
    const [good, bad] = ['excellent', 'poor'] as const;
    const samples = createSamples(stream(), [good, bad, bad, good, good, bad, bad]);
    await storeSamples(samples.slice(0, 1), ALWAYS, other);
    await storeSamples(samples.slice(1, 3), ALWAYS, one);
    await storeSamples(samples.slice(3, 5), ALWAYS, other);
    expect((await storeSamples(samples.slice(5), ALWAYS, one)).outbox).toEqual([]);
  });

  it('is found for each direction alone', async () => {
    const mixed = poor().map((sample, index) => ({
      ...sample,
      direction: index % 2 === 0 ? ('send' as const) : ('receive' as const),
    }));
    expect((await storeSamples(mixed)).outbox).toEqual([]);
  });

  it('of old samples fills no outbox', async () => {
    expect((await storeSamples(poor(), Date.now() + 1000)).outbox).toEqual([]);
    expect(await listKeys()).toHaveLength(4);
  });

  it('of a user who has left, or in a call that is over or unknown, fills no outbox', async () => {
    await stage.endCall(callId, bob);
    expect((await storeSamples(poor())).outbox).toEqual([]);
    callId = randomUUID();
    expect((await storeSamples(poor())).outbox).toEqual([]);
  });
});
