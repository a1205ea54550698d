import { stopTime } from '@ringline/testing/time';
import { type Barrier, createBarrier } from '../barrier.ts';
import type { Device } from '../device.ts';
import { setUpStack } from '../fixture.ts';
import type { User } from '../user.ts';
import { aboutFor, attempts, type CommandName, tryCommand } from './attempts.ts';
import {
  DEVICE,
  directCall,
  finishedCall,
  groupCall,
  liveStates,
  type Participation,
  type Situation,
  terminalStates,
} from './situations.ts';
import { inDirectCall, inFinishedCall, inGroup, type Verdicts } from './verdicts.ts';

/*
 * Every command in every state of a call, by a user of every kind, on the device in the call and on
 * another. Each command that must change nothing is answered as docs/call-rules.md and the contract
 * say, changes nothing, and publishes nothing.
 */

let everythingIsSent: Barrier;
const stack = setUpStack({ env: { RATE_LIMIT_USER_REQUESTS_PER_MINUTE: '0' } });

beforeAll(async () => {
  // No deadline may expire during the tests.
  await stopTime(stack.databaseUrl, Date.now());
  everythingIsSent = await createBarrier(stack);
});

const OTHER_DEVICE = 'tablet';

interface Scene {
  situation: Situation;
  people: [Participation, User][];
  /** The sockets of all users, by participation and device. */
  sockets: Map<string, Device>;
}

async function setScene(situation: Situation): Promise<Scene> {
  const people = Object.entries(situation.users) as [Participation, User][];
  const sockets = new Map<string, Device>();
  for (const [participation, user] of people) {
    for (const device of [DEVICE, OTHER_DEVICE]) {
      sockets.set(`${participation} ${device}`, await user.connect(device));
    }
  }
  const scene = { situation, people, sockets };
  await heardBy(scene);
  for (const socket of sockets.values()) socket.heard.length = 0;
  return scene;
}

/**
 * A ring without an acknowledgement is repeated for as long as it rings, and so it does not count.
 */
function isNews(name: string, event: string): boolean {
  return !(name.startsWith('invited ') && event === 'call:incoming');
}

/** Returns all messages so far, on every socket. */
async function heardBy({ sockets }: Pick<Scene, 'sockets'>): Promise<string[]> {
  await everythingIsSent();
  await Promise.all([...sockets.values()].map((socket) => socket.send('call:sync')));
  return [...sockets].flatMap(([name, socket]) =>
    socket.names().filter((event) => isNews(name, event)),
  );
}

/** The devices on which a user tries the command, with the expected verdict for each. */
function triesOf(verdicts: Verdicts, command: CommandName, participation: Participation) {
  const cell = verdicts[command][participation];
  const { here, elsewhere } = typeof cell === 'string' ? { here: cell, elsewhere: cell } : cell;
  return [
    { device: DEVICE, verdict: here },
    { device: null, verdict: here },
    { device: OTHER_DEVICE, verdict: elsewhere },
  ].filter(({ verdict }) => verdict !== 'allowed');
}

/** Pairs each result with the expected one. */
async function tryOut(scene: Scene, verdicts: Verdicts, command: CommandName) {
  const { situation, people, sockets } = scene;
  const [results, expected]: string[][] = [[], []];
  for (const [participation, user] of people) {
    for (const { device, verdict } of triesOf(verdicts, command, participation)) {
      const where = `${participation}, device ${device}`;
      const socket = sockets.get(`${participation} ${device}`);
      const answers = await tryCommand(command, user, aboutFor(situation, user), {
        id: device,
        socket,
      });
      results?.push(...answers.map((answer) => `${where}: ${answer}`));
      expected?.push(...answers.map(() => `${where}: ${verdict}`));
    }
  }
  return { results, expected };
}

const SITUATIONS: [string, Verdicts, () => Promise<Situation>][] = [
  ...liveStates.map(
    (state) => [`a direct call, ${state}`, inDirectCall, () => directCall(stack, state)] as const,
  ),
  ...liveStates.map(
    (state) => [`a group, ${state}`, inGroup, () => groupCall(stack, state)] as const,
  ),
  ...terminalStates.map(
    (state) => [`a call, ${state}`, inFinishedCall, () => finishedCall(stack, state)] as const,
  ),
].map((situation) => [...situation]);

describe.each(SITUATIONS)('%s', (name, verdicts, bringAbout) => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await setScene(await bringAbout());
  });
  afterAll(() => {
    for (const [, user] of scene.people) user.forget();
  });

  test('has the state and mode in its name', async () => {
    const { users, callId } = scene.situation;
    const { call } = (await users.caller.ask('get', `/calls/${callId}`)).body;
    expect(name).toContain(call.state);
    expect(call.mode).toBe(name.startsWith('a direct') ? 'direct' : 'group');
  });

  test.each(Object.keys(attempts) as CommandName[])('%s', async (command) => {
    const before = await stack.contents();
    const { results, expected } = await tryOut(scene, verdicts, command);
    expect(results).toEqual(expected);
    expect(expected?.length).toBeGreaterThan(0);
    expect(await stack.contents()).toEqual(before);
    expect(await heardBy(scene)).toEqual([]);
  });
});
