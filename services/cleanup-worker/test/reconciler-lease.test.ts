import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { createLease } from '#src/lease.ts';
import { lookIntoLiveRooms } from '#src/reconcile/live-rooms.ts';
import { ring, someone } from './acts.ts';
import { type Stage, setStage } from './stage.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await setStage();
});
afterAll(() => stage.clear());

const LEASE = { name: 'a look', seconds: 1 };
const NOTHING = { gone: [], listed: [] };

it('keeps its lease while it looks into many rooms, and ends when the lease is lost', async () => {
  const { store, engine } = stage;
  for (let count = 0; count < 50; count += 1) {
    await ring(engine, someone('ann'), [someone('bob')]);
  }
  const rooms = await store.listLiveRooms();
  const listed = new Set(rooms.map(({ roomName }) => roomName));
  const lease = createLease(store, { ...LEASE, owner: 'this worker' });
  const takeAway = () => store.takeLease(LEASE.name, 'another worker', 10);
  let asked = 0;
  /** Each room takes longer than half of the lease. */
  const slowly = (onAsked: () => unknown) => ({
    ...engine,
    media: {
      ...engine.media,
      listParticipants: async () => {
        asked += 1;
        await onAsked();
        await sleep(600);
        return [];
      },
    },
  });
  const look = { rooms, listed, before: NOTHING, stopping: new AbortController().signal };

  expect(await lease.take()).toBe(true);
  const taken: boolean[] = [];
  await lookIntoLiveRooms(
    slowly(async () => taken.push(await takeAway())),
    lease,
    look,
  );
  expect(asked).toBe(rooms.length);
  expect(taken).not.toContain(true);

  asked = 0;
  await lookIntoLiveRooms(
    slowly(async () => {
      await lease.release();
      await takeAway();
    }),
    lease,
    look,
  );
  expect(asked).toBeLessThan(rooms.length);
}, 60_000);
