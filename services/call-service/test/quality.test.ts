import type { RedisClient } from '@ringline/platform';
import { QUALITY_STREAM } from '@ringline/quality';
import { until } from '@ringline/testing/until';
import { talk } from './calls.ts';
import { setUpStack, setUpUsers } from './fixture.ts';
import { type Ingestion, startIngestion } from './ingestion.ts';
import { sample } from './samples.ts';
import { createUser, type User } from './user.ts';

let ingestion: Ingestion;
let redis: RedisClient;
let operator: User;
let callId: string;

// Defined before the stack, so that it runs before the stack is closed.
afterAll(() => ingestion.close());
const stack = setUpStack();
const [ann, ben, cleo] = setUpUsers(stack, 'ann', 'ben', 'cleo');

beforeAll(async () => {
  ingestion = await startIngestion(stack);
  redis = ingestion.redis;
  operator = await createUser(stack, 'backend', { scope: 'service' });
});
beforeEach(async () => {
  callId = await talk(stack, ann, ben);
});

function ingested() {
  return until('all are stored', async () => (await redis.xlen(QUALITY_STREAM)) === 0);
}
async function quality(user: User) {
  return (await user.ask('get', `/calls/${callId}/quality`)).body.participants;
}

/** Reports one sample for every five seconds, the last one just now. */
async function course(
  user: User,
  each: Record<string, unknown>[],
  deviceId: string | null = null,
): Promise<void> {
  const now = Date.now();
  await ingested();
  await redis.del(QUALITY_STREAM);
  for (const [index, one] of each.entries()) {
    const arrivedAt = now - (each.length - 1 - index) * 5000;
    const entry = { direction: 'receive', ...sample(one), callId, userId: user.id, deviceId };
    await redis.xadd(QUALITY_STREAM, `${arrivedAt}-0`, 'sample', JSON.stringify(entry));
  }
}
const bad = { packetLossPercent: 40 };

describe('quality', () => {
  test('is shown for each user who reported, to everyone in the call and to operators', async () => {
    expect(await quality(ann)).toEqual([]);
    await ann.act(callId, 'quality', { samples: [sample(), sample({ packetLossPercent: 20 })] });
    await ben.act(callId, 'quality', { samples: [sample({ direction: 'send' })] });
    await ingested();
    const expected = [
      {
        userId: ann.id,
        send: null,
        receive: {
          samples: 2,
          minimumMos: expect.closeTo(2.63, 1),
          medianMos: expect.closeTo(3.5, 1),
          worstFiveSeconds: { at: expect.any(String), mos: expect.closeTo(3.5, 1) },
          levels: expect.objectContaining({ fair: 0 }),
        },
        rating: null,
      },
      {
        userId: ben.id,
        send: expect.objectContaining({ samples: 1 }),
        receive: null,
        rating: null,
      },
    ];
    for (const user of [ann, ben, operator]) expect(await quality(user)).toEqual(expected);
  });

  test('of a call of other users is not found', async () => {
    expect(await cleo.ask('get', `/calls/${callId}/quality`)).toMatchObject({
      status: 404,
      body: { code: 'CALL_NOT_FOUND' },
    });
  });
});

describe('a lasting bad stream', () => {
  test('is published with its recommendation to every device of everyone in the call', async () => {
    const devices = await Promise.all([ann.connect('a'), ben.connect('b'), ben.connect('tablet')]);
    const stranger = await cleo.connect();
    await course(ann, [bad, bad, bad]);
    for (const device of devices) {
      expect(await device.next('call:quality_changed')).toEqual({
        callId,
        userId: ann.id,
        direction: 'receive',
        level: 'poor',
        mos: expect.closeTo(1.7, 0),
        recommendation: 'audio_only',
      });
    }
    await ingested();
    expect(stranger.names()).not.toContain('call:quality_changed');
    expect(
      devices.map((device) => device.names().filter((name) => name.includes('quality'))),
    ).toEqual([['call:quality_changed'], ['call:quality_changed'], ['call:quality_changed']]);
    await until('the outbox is empty', async () => {
      const { rows } = await stack.database.query('SELECT FROM outbox WHERE call_id = $1', [
        callId,
      ]);
      return rows.length === 0;
    });
  });

  test('is published again to devices that were away, and to those that lost the message', async () => {
    const witness = await ben.connect();
    await course(ann, [bad, bad, bad]);
    const published = await witness.next('call:quality_changed');
    const late = await ben.connect('late');
    expect(await late.next('call:quality_changed')).toEqual(published);
    await witness.send('call:sync', {});
    expect(witness.names().filter((name) => name === 'call:quality_changed')).toHaveLength(2);
    const stranger = await cleo.connect();
    await stranger.send('call:sync', { calls: { [callId]: 0 } });
    expect(stranger.names()).not.toContain('call:quality_changed');
  });

  test('is not published again to another device of the user whose stream it is', async () => {
    const witness = await ben.connect();
    await course(ann, [bad, bad, bad], 'phone');
    await witness.next('call:quality_changed');
    const laptop = await ann.connect('laptop');
    await laptop.send('call:sync', {});
    expect(laptop.names()).not.toContain('call:quality_changed');
    const phone = await ann.connect('phone');
    await phone.next('call:quality_changed');
  });

  test('is not published once the user whose stream it is has left', async () => {
    const device = await ben.connect();
    await ann.act(callId, 'leave');
    await course(ann, [bad, bad, bad]);
    await ingested();
    expect(device.names()).not.toContain('call:quality_changed');
  });
});

describe('a rating', () => {
  const rate = (user: User, body: unknown, key?: string) =>
    user.act(callId, 'rating', body, { ...(key && { key }) });

  test('is stored, shown to its author and to operators, and replaced by the next one', async () => {
    expect(await rate(ann, { stars: 2, comment: 'It crackled.' })).toMatchObject({
      status: 200,
      body: { rating: { stars: 2, comment: 'It crackled.' } },
    });
    expect(await quality(ann)).toMatchObject([
      { userId: ann.id, send: null, receive: null, rating: { stars: 2 } },
    ]);
    expect(await quality(ben)).toEqual([]);
    await rate(ann, { stars: 5 });
    expect(await quality(operator)).toMatchObject([
      { userId: ann.id, rating: { stars: 5, comment: null } },
    ]);
  });

  test('may be given after the call', async () => {
    await ben.act(callId, 'end');
    await stack.moveTime(3_600_000);
    expect((await rate(ben, { stars: 4 })).status).toBe(200);
  });

  test('that is repeated with its key changes nothing, and returns the current rating', async () => {
    await rate(ann, { stars: 1 }, 'first');
    await rate(ann, { stars: 4 });
    expect(await rate(ann, { stars: 1 }, 'first')).toMatchObject({
      status: 200,
      body: { rating: { stars: 4 } },
    });
    expect(await rate(ann, { stars: 3 }, 'first')).toMatchObject({
      status: 422,
      body: { code: 'IDEMPOTENCY_KEY_REUSED' },
    });
    const answers = await Promise.all([1, 2].map(() => rate(ben, { stars: 3 }, 'both')));
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
  });

  test('of a call of other users, or of an unanswered call, is refused', async () => {
    expect(await rate(cleo, { stars: 1 })).toMatchObject({ body: { code: 'CALL_NOT_FOUND' } });
    await ann.act(callId, 'end');
    callId = await ann.call(cleo);
    expect(await rate(cleo, { stars: 1 })).toMatchObject({
      status: 409,
      body: { code: 'NOT_ACCEPTED' },
    });
  });

  test.each([
    { stars: 0 },
    { stars: 6 },
    { stars: 4.5 },
    { stars: '5' },
    {},
    { stars: 5, comment: '' },
  ])('%j is refused', async (body) => {
    expect(await rate(ann, body)).toMatchObject({
      status: 400,
      body: { code: 'VALIDATION_FAILED' },
    });
  });
});
