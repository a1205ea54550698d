import { afterAll, describe, expect, it } from '@jest/globals';
import type { Call } from '@ringline/domain';
import { type Attendance, closeMedia } from '@ringline/testing/room';
import type { Service } from '@ringline/testing/service';
import { until } from '@ringline/testing/until';
import { accept, end, load, ring, someone } from './acts.ts';
import { sit } from './seats.ts';
import { type Stage, setStage } from './stage.ts';

const WITHIN_MS = 60_000;

interface Scene extends Stage {
  worker: Service;
  call: Call;
  seats: Attendance[];
  untilCall(what: string, holds: (now: Call) => boolean): Promise<Call>;
}

/** A call in which two people are, for real, and a worker who knows it. */
async function inACall(act: (scene: Scene) => Promise<void>): Promise<void> {
  const stage = await setStage();
  try {
    const worker = await stage.startWorker();
    const [ann, bob] = [someone('ann'), someone('bob')];
    const rings = await ring(stage.engine, ann, [bob]);
    await accept(stage.engine, rings, bob);
    const seats = [await sit(stage.livekit, rings, ann), await sit(stage.livekit, rings, bob)];
    const untilCall: Scene['untilCall'] = (what, holds) =>
      until(
        what,
        async () => {
          const now = await load(stage.engine, rings);
          return holds(now) && now;
        },
        WITHIN_MS,
      );
    const call = await untilCall('both are found', ({ state }) => state === 'connected');
    await act({ ...stage, worker, call, seats, untilCall });
  } finally {
    await stage.clear();
  }
}

/** How many looks of this worker came out like that: each asks LiveKit for its rooms. */
async function looks({ worker }: Scene, outcome: string): Promise<number> {
  const text = await (await fetch(`${worker.internalUrl}/metrics`)).text();
  const pattern = new RegExp(
    `^ringline_livekit_request_duration_seconds_count\\{operation="list_rooms",outcome="${outcome}"\\} (\\d+)$`,
    'm',
  );
  return Number(pattern.exec(text)?.[1] ?? 0);
}

async function moreLooks(scene: Scene, outcome: string, count: number): Promise<void> {
  const before = await looks(scene, outcome);
  const what = `${count} more looks that are ${outcome}`;
  await until(what, async () => (await looks(scene, outcome)) >= before + count, WITHIN_MS);
}

function roomIsClosed({ engine, call }: Scene): Promise<boolean> {
  return until(
    'the room is closed',
    async () => !(await engine.media.listRooms()).includes(call.roomName),
    WITHIN_MS,
  );
}

afterAll(() => closeMedia());

describe('LiveKit', () => {
  it.concurrent(
    'ends no call while it is away; whoever has not come back with it is found gone',
    () =>
      inACall(async (scene) => {
        await scene.livekit.kill();
        await moreLooks(scene, 'failed', 3);
        expect(await load(scene.engine, scene.call)).toEqual(scene.call);

        await Promise.all(scene.seats.map((seat) => seat.leave()));
        await scene.livekit.restart();
        // LiveKit's Redis lists them still, as there and well: it has not heard that the node crashed.
        await scene.untilCall('nobody is held for joined', ({ participants }) =>
          participants.every(({ state }) => state === 'reconnecting'),
        );
        await scene.pass(15_000);
        const ended = await scene.untilCall('it is over', ({ endedAt }) => endedAt !== null);
        expect(ended).toMatchObject({ state: 'ended', endReason: 'connection_lost' });
        await roomIsClosed(scene);
      }),
    2 * WITHIN_MS,
  );

  it.concurrent(
    'ends no call when its Redis has lost everything, and people go on talking',
    () =>
      inACall(async (scene) => {
        await scene.redis.kill();
        await scene.redis.restart();
        await moreLooks(scene, 'ok', 4);
        expect(await load(scene.engine, scene.call)).toEqual(scene.call);
        expect(scene.seats.map((seat) => seat.isConnected())).toEqual([true, true]);
        await end(scene.engine, scene.call, scene.call.initiatorId);
        await roomIsClosed(scene);
      }),
    2 * WITHIN_MS,
  );
});
