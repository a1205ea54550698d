import { setTimeout as sleep } from 'node:timers/promises';
import { jest } from '@jest/globals';
import { type Attendance, attendRoom, closeMedia } from '@ringline/testing/room';
import { until } from '@ringline/testing/until';
import { RoomServiceClient } from 'livekit-server-sdk';
import { listPresent } from '../media-sessions.ts';
import { type Stack, startStack } from '../stack.ts';
import { createUser, type InCall, type User } from '../user.ts';

jest.setTimeout(180_000);

/**
 * A removal or an end takes effect on media this soon after its answer, or after LiveKit can act
 * again.
 */
const REACHES_MEDIA_MS = 2000;

const tones = { ann: 410, ben: 670, cleo: 910 };
type Name = keyof typeof tones;

interface Scene {
  readonly callId: string;
  readonly users: Readonly<Record<Name, User>>;
  readonly seats: Readonly<Record<Name, Attendance>>;
}

/** Each scene has new users, so that a failed test leaves no user busy for the next. */
let scenes = 0;

let stack: Stack;
let opened: Attendance[] = [];

beforeAll(async () => {
  stack = await startStack();
});

afterEach(async () => {
  await Promise.all(opened.map((seat) => seat.leave()));
  opened = [];
});

afterAll(async () => {
  await stack?.stop();
  await closeMedia();
});

async function sit(name: Name, { connection }: Pick<InCall, 'connection'>): Promise<Attendance> {
  const seat = await attendRoom(connection, {
    tone: { hertz: tones[name], listenFor: Object.values(tones) },
    sendData: { everyMs: 50, reliable: true },
  });
  opened.push(seat);
  return seat;
}

function hearsNow({ lastHeard }: Attendance): boolean {
  const now = performance.now();
  return now - lastHeard.sound < 500 && now - lastHeard.data < 500;
}

/** Starts a call of three who hear each other's audio and data. */
async function threeTalk(): Promise<Scene> {
  scenes += 1;
  const user = (name: Name) => createUser(stack, `${name}-${scenes}`);
  const [ann, ben, cleo] = [await user('ann'), await user('ben'), await user('cleo')];
  const started = await ann.start({ type: 'audio', participantIds: [ben.id, cleo.id] });
  const callId = started.call.id;
  const seats = {
    ann: await sit('ann', started),
    ben: await sit('ben', await ben.join(callId)),
    cleo: await sit('cleo', await cleo.join(callId)),
  };
  await until('all three hear', () => Object.values(seats).every(hearsNow));
  await until('all three have joined', async () =>
    (await ann.call(callId)).participants.every(({ state }) => state === 'joined'),
  );
  return { callId, users: { ann, ben, cleo }, seats };
}

async function loseRedis(): Promise<void> {
  await stack.redis.kill();
  await stack.redis.restart();
}

function liveKitRooms() {
  const { url, apiKey, apiSecret } = stack.livekit;
  return new RoomServiceClient(url, apiKey, apiSecret);
}

/**
 * LiveKit's node registers in an empty Redis within 1.25 s. Until then LiveKit cannot change its
 * rooms.
 */
function liveKitActs(): Promise<unknown> {
  return until('LiveKit finds its node', () =>
    liveKitRooms().createRoom({ name: 'other', emptyTimeout: 1 }),
  );
}

/**
 * Waits until nothing has arrived for longer than packets travel, and returns when something last
 * arrived.
 */
function lastHeardBy(seat: Attendance): Promise<number> {
  return until(
    'the seat hears nothing any more',
    () => {
      const last = Math.max(seat.lastHeard.sound, seat.lastHeard.data);
      return performance.now() - last > 1500 && last;
    },
    60_000,
  );
}

test.each([0, 3000])(
  'a participant who is removed %d ms after Redis has lost its data hears nothing two seconds later',
  async (delayMs) => {
    const { callId, users, seats } = await threeTalk();
    await loseRedis();
    await sleep(delayMs); // LiveKit's state in Redis is different after each delay
    await until('the removal is answered', () => users.ann.remove(callId, users.cleo.id));
    await liveKitActs();
    const removedAt = performance.now();

    const heardFor = (await lastHeardBy(seats.cleo)) - removedAt;
    console.log(`removed, and heard the others for another ${Math.round(heardFor)} ms`);
    expect(heardFor).toBeLessThan(REACHES_MEDIA_MS);
    expect(hearsNow(seats.ann) && hearsNow(seats.ben)).toBe(true);
    expect((await users.ann.call(callId)).state).toBe('connected');
    await users.ann.end(callId);
  },
);

test('a call that ends after Redis has lost its data is over for everyone within two seconds', async () => {
  const { callId, users, seats } = await threeTalk();
  await loseRedis();
  await until('the end is answered', () => users.ann.end(callId));
  await liveKitActs();
  const endedAt = performance.now();
  const heardFor = await Promise.all(
    Object.values(seats).map(async (seat) => (await lastHeardBy(seat)) - endedAt),
  );
  console.log(`ended, and heard for another ${heardFor.map(Math.round).join(', ')} ms`);
  expect(Math.max(...heardFor)).toBeLessThan(REACHES_MEDIA_MS);
});

test('after Redis has lost its data the call goes on, and a participant who loses the connection can rejoin', async () => {
  const { callId, users, seats } = await threeTalk();
  await loseRedis();
  await seats.ben.leave();
  opened = opened.filter((seat) => seat !== seats.ben);
  const back = await until('Ben gets back in', async () =>
    sit('ben', { connection: await users.ben.mediaToken(callId) }),
  );
  await until('all three hear again', () => [seats.ann, seats.cleo, back].every(hearsNow));
  const present = (await listPresent(stack, callId)).map(({ userId }) => userId);
  expect(present.sort()).toEqual([users.ann.id, users.ben.id, users.cleo.id]);
  await until('LiveKit lists the room', async () =>
    (await liveKitRooms().listRooms()).some(({ numParticipants }) => numParticipants > 0),
  );
  await users.ann.end(callId);
});
