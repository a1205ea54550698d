import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { QUALITY_STREAM } from '@ringline/quality';
import type { Service } from '@ringline/testing/service';
import { until } from '@ringline/testing/until';
import {
  createCallId,
  createIngesterFixture,
  createSample,
  type IngesterFixture,
} from './fixture.ts';

const GROUP = 'ingesters';

let fixture: IngesterFixture;
let ingester: Service;
let callId: string;
beforeAll(async () => {
  fixture = await createIngesterFixture();
});
afterAll(() => fixture.stop());
beforeEach(() => {
  callId = createCallId();
});
afterEach(() => ingester.stop());

describe('an ingester', () => {
  it('creates its group again when Redis has lost it', async () => {
    ingester = await fixture.startIngester();
    await fixture.append([createSample(callId)]);
    await fixture.waitUntilDrained();
    await fixture.server.kill();
    await fixture.server.restart();
    await until('Redis accepts samples again', () =>
      fixture.append([createSample(callId)]).then(() => true),
    );
    await fixture.waitUntilDrained();
    expect(await fixture.readStoredIds(callId)).toHaveLength(2);
  });

  it('stops while Redis is away', async () => {
    ingester = await fixture.startIngester();
    await fixture.server.kill();
    await ingester.stop();
    expect(ingester.output().split('\n').at(-1)).toContain('stopped');
    await fixture.server.restart();
  });

  it('starts without Redis, and stores samples once it is available', async () => {
    await fixture.server.kill();
    ingester = await fixture.startIngester();
    expect(await (await fetch(`${ingester.internalUrl}/ready`)).json()).toMatchObject({
      status: 'degraded',
      checks: { postgres: 'ok', redis: 'failed' },
    });
    await fixture.server.restart();
    await until('Redis accepts samples again', () =>
      fixture.append([createSample(callId)]).then(() => true),
    );
    await fixture.waitUntilDrained();
    expect(await fixture.readStoredIds(callId)).toHaveLength(1);
  });

  it('stores the samples that it has read before it stops, and leaves the group', async () => {
    ingester = await fixture.startIngester();
    await fixture.append(Array.from({ length: 50 }, () => createSample(callId)));
    await until('it has read them', async () => {
      const [, count] = (await fixture.redis.xpending(QUALITY_STREAM, GROUP)) as [
        number,
        ...unknown[],
      ];
      return Number(count ?? 0) >= 0;
    });
    await ingester.stop();
    await fixture.waitUntilDrained();
    expect(await fixture.readStoredIds(callId)).toHaveLength(50);
    expect(await fixture.redis.xinfo('CONSUMERS', QUALITY_STREAM, GROUP)).toEqual([]);
    const lines = ingester.output().split('\n');
    expect(lines.at(-1)).toContain('stopped');
    expect(lines.filter((line) => / (warn|error) /.test(line))).toEqual([]);
  });

  it('answers operators on its internal port', async () => {
    ingester = await fixture.startIngester();
    const answer = async (path: string) => (await fetch(`${ingester.internalUrl}${path}`)).json();
    expect(await answer('/health')).toMatchObject({ status: 'ok', service: 'quality-ingester' });
    expect(await answer('/ready')).toMatchObject({
      status: 'ok',
      checks: { postgres: 'ok', redis: 'ok' },
    });
    expect(await answer('/monitoring/metrics')).toEqual({
      calls: { total: 0, active: 0, completed: 0, failed: 0 },
      livekit: { activeRooms: 0 },
      performance: { successRate: 0 },
      timestamp: expect.stringMatching(/Z$/),
    });
  });

  it('names the missing setting in one line', async () => {
    await expect(fixture.startIngester({ DATABASE_URL: '' })).rejects.toThrow(/DATABASE_URL/);
  });
});
