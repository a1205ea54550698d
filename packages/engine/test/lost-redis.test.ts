import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { createLiveKit, type MediaServer } from '@ringline/engine';
import { createMetrics } from '@ringline/platform';
import { type LiveKitServer, makeLiveKitKeys, startLiveKit } from '@ringline/testing/livekit';
import { type RedisServer, startRedis } from '@ringline/testing/redis';
import { type Attendance, closeMedia } from '@ringline/testing/room';
import { until } from '@ringline/testing/until';
import { attend, connectionTo } from './connections.ts';

const TIMEOUTS = { emptySeconds: 60, departureSeconds: 45 };
const WITHIN_MS = 60_000;

let redis: RedisServer;
let nodes: LiveKitServer[] = [];
let media: MediaServer;

// Two nodes: each room is on one of them, and what is done to it after the loss may begin on the other.
beforeAll(async () => {
  redis = await startRedis();
  const keys = makeLiveKitKeys();
  const start = () => startLiveKit({ redisUrl: redis.url, keys });
  nodes = [await start(), await start()];
  const [first] = nodes;
  if (first === undefined) throw new Error('a LiveKit is needed');
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

async function sit(roomName: string, userId: string): Promise<Attendance> {
  return attend(media, roomName, await connectionTo(nodeOf(0), roomName, userId));
}

/** So many rooms that, with luck of any kind, both nodes have some of them. */
function roomNames(what: string) {
  return Array.from({ length: 4 }, (_, index) => `call_${what}_${index}`);
}

async function fill(roomName: string, ...userIds: string[]): Promise<Attendance[]> {
  await media.createRoom(roomName, TIMEOUTS);
  const seats: Attendance[] = [];
  for (const userId of userIds) seats.push(await sit(roomName, userId));
  return seats;
}

async function loseRedis(): Promise<void> {
  await redis.kill();
  await redis.restart();
  await until('a node is known again', async () => {
    await media.createRoom('call_after_the_loss', TIMEOUTS);
    return true;
  });
}

/** Failures are repeated, as `createBackgroundTasks` repeats them: right after the loss LiveKit answers some requests with 500. */
function inTheEnd(work: () => Promise<void>): Promise<true> {
  return until('it is done', async () => {
    await work();
    return true as const;
  });
}

it(
  'removing a user whom LiveKit’s Redis has forgotten puts them out, and nobody else',
  async () => {
    const names = roomNames('remove');
    const seats = await Promise.all(names.map((name) => fill(name, 'ann', 'bob')));
    await loseRedis();
    await Promise.all(
      names.map((name) => inTheEnd(() => media.removeParticipant(name, 'bob', ['ann']))),
    );
    await until('each Bob is out', () => seats.every(([, bob]) => bob?.isConnected() === false));
    expect(seats.map(([ann]) => ann?.isConnected())).toEqual(names.map(() => true));
    await Promise.all(seats.map(([ann]) => ann?.leave()));
  },
  WITHIN_MS,
);

it(
  'closing a room that LiveKit’s Redis has forgotten puts everybody out',
  async () => {
    const names = roomNames('close');
    const seats = await Promise.all(names.map((name) => fill(name, 'ann', 'bob')));
    await loseRedis();
    await Promise.all(names.map((name) => inTheEnd(() => media.deleteRoom(name))));
    await until('all are out', () => seats.flat().every((seat) => !seat.isConnected()));
  },
  WITHIN_MS,
);

it(
  'restoring a room that LiveKit’s Redis has forgotten lists it again, with those who are in it',
  async () => {
    const [name = ''] = roomNames('restore');
    const [ann] = await fill(name, 'ann');
    await loseRedis();
    await media.restoreRoom(name, TIMEOUTS);
    expect(await media.listRooms()).toContain(name);
    expect(ann?.isConnected()).toBe(true);
    await ann?.leave();
  },
  WITHIN_MS,
);
