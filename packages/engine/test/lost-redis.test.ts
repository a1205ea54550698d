import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { createLiveKit, type MediaServer } from '@ringline/engine';
import { createMetrics } from '@ringline/platform';
import { type LiveKitServer, makeLiveKitKeys, startLiveKit } from '@ringline/testing/livekit';
import { type RedisServer, startRedis } from '@ringline/testing/redis';
import { type Attendance, closeMedia } from '@ringline/testing/room';
import { until } from '@ringline/testing/until';
import { attend, connectionTo } from './connections.ts';

const TIMEOUTS = { emptySeconds: 60, departureSeconds: 45 };
const TIMEOUT_MS = 60_000;

let redis: RedisServer;
let nodes: LiveKitServer[] = [];
let media: MediaServer;

// Two nodes: each room is on one, and requests after the loss may reach the other.
beforeAll(async () => {
  redis = await startRedis();
  const keys = makeLiveKitKeys();
  const start = () => startLiveKit({ redisUrl: redis.url, keys });
  nodes = [await start(), await start()];
  const [first] = nodes;
  if (first === undefined) throw new Error('there is no node');
  media = createLiveKit(first, createMetrics());
});

afterAll(async () => {
  await closeMedia();
  for (const node of nodes) await node.stop();
  await redis.stop();
});

function nodeOf(index: number): LiveKitServer {
  const node = nodes[index % nodes.length];
  if (node === undefined) throw new Error('there is no such node');
  return node;
}

async function enter(roomName: string, userId: string): Promise<Attendance> {
  return attend(media, roomName, await connectionTo(nodeOf(0), roomName, userId));
}

/** Enough rooms that both nodes most likely have some of them. */
function roomNames(what: string) {
  return Array.from({ length: 4 }, (_, index) => `call_${what}_${index}`);
}

async function fill(roomName: string, ...userIds: string[]): Promise<Attendance[]> {
  await media.createRoom(roomName, TIMEOUTS);
  const attendances: Attendance[] = [];
  for (const userId of userIds) attendances.push(await enter(roomName, userId));
  return attendances;
}

async function loseRedis(): Promise<void> {
  await redis.kill();
  await redis.restart();
  await until('a node is known again', async () => {
    await media.createRoom('call_after_the_loss', TIMEOUTS);
    return true;
  });
}

/**
 * Retries as `createBackgroundTasks` does: right after the loss, LiveKit answers some requests with
 * 500.
 */
function eventually(work: () => Promise<void>): Promise<true> {
  return until('it succeeds', async () => {
    await work();
    return true as const;
  });
}

it(
  'removeParticipant removes only a user whom LiveKit’s Redis has lost',
  async () => {
    const names = roomNames('remove');
    const attendances = await Promise.all(names.map((name) => fill(name, 'ann', 'bob')));
    await loseRedis();
    await Promise.all(
      names.map((name) => eventually(() => media.removeParticipant(name, 'bob', ['ann']))),
    );
    await until('each Bob is out', () =>
      attendances.every(([, bob]) => bob?.isConnected() === false),
    );
    expect(attendances.map(([ann]) => ann?.isConnected())).toEqual(names.map(() => true));
    await Promise.all(attendances.map(([ann]) => ann?.leave()));
  },
  TIMEOUT_MS,
);

it(
  'deleteRoom disconnects everyone in a room that LiveKit’s Redis has lost',
  async () => {
    const names = roomNames('close');
    const attendances = await Promise.all(names.map((name) => fill(name, 'ann', 'bob')));
    await loseRedis();
    await Promise.all(names.map((name) => eventually(() => media.deleteRoom(name))));
    await until('all are out', () => attendances.flat().every((one) => !one.isConnected()));
  },
  TIMEOUT_MS,
);

it(
  'restoreRoom lists a room that LiveKit’s Redis has lost, and keeps its users',
  async () => {
    const [name = ''] = roomNames('restore');
    const [ann] = await fill(name, 'ann');
    await loseRedis();
    await media.restoreRoom(name, TIMEOUTS);
    expect(await media.listRooms()).toContain(name);
    expect(ann?.isConnected()).toBe(true);
    await ann?.leave();
  },
  TIMEOUT_MS,
);
