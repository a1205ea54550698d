import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { createLease } from '#src/lease.ts';
import { compareLiveRooms } from '#src/reconcile/live-rooms.ts';
import { createUserId, ring } from './commands.ts';
import { createWorkerFixture, type WorkerFixture } from './fixture.ts';

let fixture: WorkerFixture;
beforeAll(async () => {
  fixture = await createWorkerFixture();
});
afterAll(() => fixture.stop());

const LEASE = { name: 'comparison', seconds: 1 };
const NOTHING = { missing: [], stale: [] };

it('comparing many rooms renews the lease, and ends when the lease is lost', async () => {
  const { store, engine } = fixture;
  for (let count = 0; count < 50; count += 1) {
    await ring(engine, createUserId('ann'), [createUserId('bob')]);
  }
  const rooms = await store.listLiveRooms();
  const listed = new Set(rooms.map(({ roomName }) => roomName));
  const lease = createLease(store, { ...LEASE, owner: 'this worker' });
  const takeByOther = () => store.takeLease(LEASE.name, 'another worker', 10);
  let requests = 0;
  /** Each room takes longer than half of the lease. */
  const withSlowLiveKit = (beforeAnswer: () => unknown) => ({
    ...engine,
    media: {
      ...engine.media,
      listParticipants: async () => {
        requests += 1;
        await beforeAnswer();
        await sleep(600);
        return [];
      },
    },
  });
  const comparison = { rooms, listed, before: NOTHING, stopping: new AbortController().signal };

  expect(await lease.take()).toBe(true);
  const taken: boolean[] = [];
  await compareLiveRooms(
    withSlowLiveKit(async () => taken.push(await takeByOther())),
    lease,
    comparison,
  );
  expect(requests).toBe(rooms.length);
  expect(taken).not.toContain(true);

  requests = 0;
  await compareLiveRooms(
    withSlowLiveKit(async () => {
      await lease.release();
      await takeByOther();
    }),
    lease,
    comparison,
  );
  expect(requests).toBeLessThan(rooms.length);
}, 60_000);
