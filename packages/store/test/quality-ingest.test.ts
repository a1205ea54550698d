import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { ScoredSample } from '@ringline/store';
import { command, connectedCall, person } from './decisions.ts';
import { course, sampleOf } from './samples.ts';
import { type StoreOnTrial, tryStore } from './store-on-trial.ts';

let trial: StoreOnTrial;
let callId: string;
beforeAll(async () => {
  trial = await tryStore();
});
afterAll(() => trial.stop());
beforeEach(() => {
  callId = randomUUID();
});

const ALWAYS = 0;
async function keysOf(): Promise<string[]> {
  const rows = await trial.query<{ key: string }>(
    `SELECT (extract(epoch FROM arrived_at) * 1000)::bigint || '-' || sequence AS key
     FROM call_quality_metrics WHERE call_id = $1 ORDER BY arrived_at, sequence`,
    [callId],
  );
  return rows.map(({ key }) => key);
}
function ingest(samples: ScoredSample[], since = ALWAYS, store = trial.store) {
  return store.quality.ingest(samples, since);
}

/** Another moment in each test, since the time of arrival is half of a sample's id. */
let moments = 0;
let at: number;
beforeEach(() => {
  moments += 1;
  at = Date.UTC(2026, 0, 15) - moments * 1000;
});

describe('samples', () => {
  it('are kept with all that was measured', async () => {
    const sample = sampleOf({
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
    await ingest([sample]);
    const [row] = await trial.query<{ row: object }>(
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

  it('go to the day on which they arrived, and make its partition where there is none', async () => {
    const midnight = Date.UTC(2026, 1, 1);
    const samples = [
      sampleOf({ callId, arrivedAt: midnight - 1, measuredAt: midnight + 86_400_000 }),
      sampleOf({ callId, arrivedAt: midnight, measuredAt: midnight - 86_400_000 }),
    ];
    await ingest(samples);
    const rows = await trial.query(
      `SELECT tableoid::regclass::text AS partition FROM call_quality_metrics
       WHERE call_id = $1 ORDER BY arrived_at`,
      [callId],
    );
    expect(rows).toEqual([
      { partition: 'call_quality_metrics_20260131' },
      { partition: 'call_quality_metrics_20260201' },
    ]);
  });

  it('that are there already are dropped by their id, and the others are told back', async () => {
    const [one, two, three] = [1, 2, 3].map((sequence) =>
      sampleOf({ callId, arrivedAt: at, sequence }),
    ) as [ScoredSample, ScoredSample, ScoredSample];
    expect((await ingest([one, two])).stored).toEqual([one, two]);
    expect((await ingest([three, two])).stored).toEqual([three]);
    expect((await ingest([one, two, three])).stored).toEqual([]);
    expect((await ingest([])).stored).toEqual([]);
    expect(await keysOf()).toEqual([`${at}-1`, `${at}-2`, `${at}-3`]);
  });

  it('that two ingesters store at once are there once, and nobody waits for ever', async () => {
    const samples = Array.from({ length: 300 }, (_, sequence) =>
      sampleOf({ callId, arrivedAt: at, sequence, userId: `user-${sequence % 50}` }),
    );
    const other = trial.another();
    const results = await Promise.all([
      ingest(samples),
      ingest(samples.toReversed(), ALWAYS, other),
      ingest(samples.slice(100), ALWAYS, other),
    ]);
    const stored = results.flatMap((result) => result.stored);
    expect(stored).toHaveLength(300);
    expect(new Set(stored.map(({ sequence }) => sequence)).size).toBe(300);
    expect(await keysOf()).toHaveLength(300);
  });

  it('are stored all or none', async () => {
    const poisoned = [sampleOf({ callId }), sampleOf({ callId, sequence: 1, mos: 9 })];
    await expect(ingest(poisoned)).rejects.toMatchObject({
      constraint: 'call_quality_metrics_mos_check',
    });
    expect(await keysOf()).toEqual([]);
  });
});

describe('a lasting change', () => {
  let ann = '';
  let bob = '';
  beforeEach(async () => {
    const suffix = randomUUID().slice(0, 8);
    [ann, bob] = [`ann-${suffix}`, `bob-${suffix}`];
    callId = await connectedCall(trial.store, ann, bob);
  });
  const line = () => ({ callId, userId: ann, direction: 'send' as const });
  const poor = () => course({ ...line(), mos: 2.1234 }, ['poor', 'poor', 'poor', 'poor']);

  it('is put into the outbox for everyone in the call, once', async () => {
    const { outbox } = await ingest(poor());
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
    const unsent = await trial.store.claimUnsent(-1000, 100);
    expect(unsent.filter(({ id }) => id === outbox[0]?.id)).toEqual(outbox);
  });

  it('can be asked for, with the device, as long as nothing else was told of the line', async () => {
    const onPhone = poor().map((sample) => ({ ...sample, deviceId: 'phone' }));
    const { outbox } = await ingest(onPhone);
    const told = { notice: outbox[0]?.messages[0]?.payload, deviceId: 'phone' };
    expect(await trial.store.quality.toldIn([callId])).toEqual([told]);
    await ingest(course({ ...line(), mos: 4.4, deviceId: 'laptop' }, ['good'], Date.now()));
    expect(await trial.store.quality.toldIn([callId])).toEqual([
      {
        notice: { ...told.notice, level: 'excellent', mos: 4.4, recommendation: 'none' },
        deviceId: 'laptop',
      },
    ]);
  });

  it('that is not one leaves nothing to ask for', async () => {
    await ingest(course(line(), ['poor', 'excellent', 'good', 'excellent']));
    expect(await trial.store.quality.toldIn([callId])).toEqual([]);
  });

  it('is the same whether its samples come at once, one by one or twice', async () => {
    const told = [];
    for (const sample of poor()) {
      told.push(...(await ingest([sample])).outbox);
      told.push(...(await ingest([sample])).outbox);
    }
    expect(told).toHaveLength(1);
  });

  it('is the same whichever ingester takes which of its samples', async () => {
    const others = [trial.store, trial.another(), trial.another()];
    const told = [];
    for (const [index, sample] of poor().entries()) {
      told.push(...(await ingest([sample], ALWAYS, others[index % 3])).outbox);
    }
    expect(told).toHaveLength(1);
  });

  it('is no lasting one when a line recovers, and another ingester than saw it go bad sees that', async () => {
    const clock = jest.spyOn(performance, 'now');
    clock.mockReturnValue(0);
    const [one, other] = [trial.another(), trial.another()];
    const [good, bad] = ['excellent', 'poor'] as const;
    const samples = course(line(), [good, bad, bad, good, good, bad, bad]);
    await ingest(samples.slice(0, 1), ALWAYS, other);
    await ingest(samples.slice(1, 3), ALWAYS, one);
    clock.mockReturnValue(1000);
    await ingest(samples.slice(3, 5), ALWAYS, other);
    expect((await ingest(samples.slice(5), ALWAYS, one)).outbox).toEqual([]);
    clock.mockRestore();
  });

  it('is of one direction: what is sent says nothing of what is received', async () => {
    const mixed = poor().map((sample, index) => ({
      ...sample,
      direction: index % 2 === 0 ? ('send' as const) : ('receive' as const),
    }));
    expect((await ingest(mixed)).outbox).toEqual([]);
  });

  it('that is no news is told to nobody', async () => {
    expect((await ingest(poor(), Date.now() + 1000)).outbox).toEqual([]);
    expect(await keysOf()).toHaveLength(4);
  });

  it('of one who has left, or in a call that is over or unknown, is told to nobody', async () => {
    await command(trial.store, callId, { name: 'end', person: person(bob) });
    expect((await ingest(poor())).outbox).toEqual([]);
    callId = randomUUID();
    expect((await ingest(poor())).outbox).toEqual([]);
  });
});
