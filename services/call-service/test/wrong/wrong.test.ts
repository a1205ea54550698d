import { stopTime } from '@ringline/testing/time';
import { type Barrier, createBarrier } from '../barrier.ts';
import type { Device } from '../device.ts';
import { setUpStack } from '../fixture.ts';
import type { User } from '../user.ts';
import { aboutFor, attempts, type CommandName, tell } from './attempts.ts';
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
 * Every command in every state of a call, by everyone who can stand to it in some way, on the right
 * device and on another: each that must change nothing is answered as STATES.md and API.md say,
 * changes nothing, and nobody hears.
 */

let everythingIsSent: Barrier;
const stack = setUpStack({ env: { RATE_LIMIT_USER_REQUESTS_PER_MINUTE: '0' } });

beforeAll(async () => {
  // Nothing may fall due while the tests look on.
  await stopTime(stack.databaseUrl, Date.now());
  everythingIsSent = await createBarrier(stack);
});

const OTHER_DEVICE = 'tablet';

interface Scene {
  situation: Situation;
  people: [Participation, User][];
  /** Everybody's sockets, by user and device. */
  sockets: Map<string, Device>;
}

async function setScene(situation: Situation): Promise<Scene> {
  const people = Object.entries(situation.users) as [Participation, User][];
  const sockets = new Map<string, Device>();
  for (const [standing, user] of people) {
    for (const device of [DEVICE, OTHER_DEVICE]) {
      sockets.set(`${standing} ${device}`, await user.connect(device));
    }
  }
  const scene = { situation, people, sockets };
  await heardBy(scene);
  for (const socket of sockets.values()) socket.heard.length = 0;
  return scene;
}

/**
 * A ring that no device acknowledges is repeated for as long as it rings, whatever else happens.
 */
function isNews(name: string, event: string): boolean {
  return !(name.startsWith('invited ') && event === 'call:incoming');
}

/** All that anybody has heard by now. */
async function heardBy({ sockets }: Pick<Scene, 'sockets'>): Promise<string[]> {
  await everythingIsSent();
  await Promise.all([...sockets.values()].map((socket) => socket.send('call:sync')));
  return [...sockets].flatMap(([name, socket]) =>
    socket.names().filter((event) => isNews(name, event)),
  );
}

/** On which devices somebody may try, and what has to come of it there. */
function triesOf(verdicts: Verdicts, command: CommandName, standing: Participation) {
  const cell = verdicts[command][standing];
  const { here, elsewhere } = typeof cell === 'string' ? { here: cell, elsewhere: cell } : cell;
  return [
    { device: DEVICE, verdict: here },
    { device: null, verdict: here },
    { device: OTHER_DEVICE, verdict: elsewhere },
  ].filter(({ verdict }) => verdict !== 'allowed');
}

/** Each answer beside the one that it should have been. */
async function tryOut(scene: Scene, verdicts: Verdicts, command: CommandName) {
  const { situation, people, sockets } = scene;
  const [told, right]: string[][] = [[], []];
  for (const [standing, user] of people) {
    for (const { device, verdict } of triesOf(verdicts, command, standing)) {
      const where = `${standing}, device ${device}`;
      const socket = sockets.get(`${standing} ${device}`);
      const answers = await tell(command, user, aboutFor(situation, user), { id: device, socket });
      told?.push(...answers.map((answer) => `${where}: ${answer}`));
      right?.push(...answers.map(() => `${where}: ${verdict}`));
    }
  }
  return { told, right };
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

  test('is what it is called', async () => {
    const { users, callId } = scene.situation;
    const { call } = (await users.caller.ask('get', `/calls/${callId}`)).body;
    expect(name).toContain(call.state);
    expect(call.mode).toBe(name.startsWith('a direct') ? 'direct' : 'group');
  });

  test.each(Object.keys(attempts) as CommandName[])('%s', async (command) => {
    const before = await stack.contents();
    const { told, right } = await tryOut(scene, verdicts, command);
    expect(told).toEqual(right);
    expect(right?.length).toBeGreaterThan(0);
    expect(await stack.contents()).toEqual(before);
    expect(await heardBy(scene)).toEqual([]);
  });
});
