import type { Call, Timings } from '@ringline/domain';
import { type CommandRequest, createOrigin, expireDueCalls } from '@ringline/engine';
import {
  accept,
  by,
  connected,
  decline,
  end,
  invite,
  leave,
  mediaJoined,
  mediaLeft,
  must,
  person,
  remove,
  ring,
  start,
} from './acts.ts';
import type { Stage, TestEngine } from './stage.ts';

/** The caller, the callee, and a third user. No scenario shares them with another one. */
export interface People {
  readonly ann: string;
  readonly bob: string;
  readonly cyn: string;
}

/** Plays what happens to one call, which Ann began. */
export type Scenario = (people: People) => Promise<unknown>;

const timings: Timings = {
  ringSeconds: 30,
  connectSeconds: 20,
  graceSeconds: 15,
  soloSeconds: 60,
  maxSeconds: 600,
};
const anAdminEnds: CommandRequest = { name: 'force_end' };

function declineAsBusy(userId: string): CommandRequest {
  return {
    name: 'decline',
    person: person(userId),
    deviceId: `${userId}-phone`,
    reason: 'busy',
  };
}

/** How the calls of the scenarios begin, and what happens to them then. */
function createActs(stage: Stage, engine: TestEngine) {
  const acts = {
    rings: ({ ann, bob }: People, mode: Call['mode'] = 'direct') =>
      ring(engine, ann, [bob], { mode, timings }),
    talks: ({ ann, bob }: People, mode: Call['mode'] = 'direct') =>
      connected(engine, ann, [bob], { mode, timings }),
    talksInThree: ({ ann, bob, cyn }: People) => connected(engine, ann, [bob, cyn], { timings }),
    /** Ann and Cyn talk, and Bob rings. */
    ringsBeside: async ({ ann, bob, cyn }: People) => {
      const call = await connected(engine, ann, [cyn], { mode: 'group', timings });
      return acts.act(call, ann, invite(ann, [bob]));
    },
    accepts: (call: Call, userId: string) => acts.act(call, userId, accept(userId)),
    act: (call: Call, userId: string, command: CommandRequest) =>
      must(engine, call, command, by(userId)),
    liveKit: (call: Call, command: CommandRequest) =>
      must(engine, call, command, createOrigin('livekit')),
    operator: (call: Call) => must(engine, call, anAdminEnds, createOrigin('admin')),
    seconds: async (seconds: number) => {
      await stage.pass(seconds * 1000);
      while ((await expireDueCalls(engine.parts, 10)) > 0);
    },
  };
  return acts;
}

/** Unanswered calls, by the words of the glossary. */
export function unansweredEnds(stage: Stage, engine: TestEngine): Record<string, Scenario> {
  const { rings, act, liveKit, operator, seconds } = createActs(stage, engine);
  const { media } = engine.parts;
  return {
    'LiveKit refuses the room': ({ ann, bob }) => {
      const refusing = { ...media, createRoom: () => Promise.reject(new Error('refused')) };
      return start(stage.engine({ media: refusing }), ann, [bob], { timings });
    },
    'the callee is in another call': async ({ ann, bob, cyn }) => {
      await ring(engine, cyn, [bob], { timings });
      await start(engine, ann, [bob], { timings });
    },
    'the callee declines': async (people) =>
      act(await rings(people), people.bob, decline(people.bob)),
    'the callee declines as busy': async (people) =>
      act(await rings(people), people.bob, declineAsBusy(people.bob)),
    'the callee does not answer': async (people) => {
      await rings(people);
      await seconds(timings.ringSeconds);
    },
    'the caller cancels': async (people) => act(await rings(people), people.ann, end(people.ann)),
    'the caller is lost while it rings': async (people) => {
      const call = await rings(people);
      await liveKit(call, mediaJoined(people.ann));
      await liveKit(call, mediaLeft(people.ann));
      await seconds(timings.graceSeconds);
    },
    'the host removes the last who rings': async (people) =>
      act(await rings(people, 'group'), people.ann, remove(people.ann, people.bob)),
    'an operator ends it while it rings': async (people) => operator(await rings(people)),
  };
}

/** Answered calls, by the words of the glossary. */
export function answeredEnds(stage: Stage, engine: TestEngine): Record<string, Scenario> {
  const acts = createActs(stage, engine);
  const { rings, talks, talksInThree, ringsBeside, act, accepts, liveKit, seconds } = acts;
  return {
    'one side hangs up before media connect': async (people) => {
      const call = await accepts(await rings(people), people.bob);
      await act(call, people.bob, end(people.bob));
    },
    'the callee never connects': async (people) => {
      const call = await rings(people);
      await liveKit(call, mediaJoined(people.ann));
      await accepts(call, people.bob);
      await seconds(timings.connectSeconds);
    },
    'the callee is lost before media connect': async (people) => {
      const call = await accepts(await rings(people), people.bob);
      await liveKit(call, mediaJoined(people.bob));
      await liveKit(call, mediaLeft(people.bob));
      await seconds(timings.graceSeconds);
    },
    'one side hangs up': async (people) => {
      const call = await talks(people);
      await seconds(1);
      await act(call, people.ann, end(people.ann));
    },
    'the callee is lost': async (people) => {
      await liveKit(await talks(people), mediaLeft(people.bob));
      await seconds(timings.graceSeconds);
    },
    'the host ends a group': async (people) => {
      const call = await talks(people, 'group');
      await seconds(1);
      await act(call, people.ann, end(people.ann));
    },
    'the host ends a group that still rings the callee': async (people) => {
      const call = await ringsBeside(people);
      await seconds(1);
      await act(call, people.ann, end(people.ann));
    },
    'an operator ends it': async (people) => {
      const call = await talks(people);
      await seconds(1);
      await acts.operator(call);
    },
    'the caller is left alone in a group for too long': async (people) => {
      const call = await talksInThree(people);
      await seconds(1);
      for (const userId of [people.bob, people.cyn]) await act(call, userId, leave(userId));
      await seconds(timings.soloSeconds);
    },
    'it lasts as long as a call may': async (people) => {
      await talks(people);
      await seconds(timings.maxSeconds);
    },
  };
}

/** Bob's end, in a call that goes on for the others. */
export function ownEnds(stage: Stage, engine: TestEngine): Record<string, Scenario> {
  const { talksInThree, ringsBeside, act, accepts, liveKit, seconds } = createActs(stage, engine);
  return {
    'they decline': async (people) =>
      act(await ringsBeside(people), people.bob, decline(people.bob)),
    'they decline as busy': async (people) =>
      act(await ringsBeside(people), people.bob, declineAsBusy(people.bob)),
    'their ring runs out': async (people) => {
      await ringsBeside(people);
      await seconds(timings.ringSeconds);
    },
    'they are removed while they ring': async (people) =>
      act(await ringsBeside(people), people.ann, remove(people.ann, people.bob)),
    'they leave': async (people) => {
      const call = await talksInThree(people);
      await seconds(1);
      await act(call, people.bob, leave(people.bob));
    },
    'they are removed': async (people) => {
      const call = await talksInThree(people);
      await seconds(1);
      await act(call, people.ann, remove(people.ann, people.bob));
    },
    'they are lost': async (people) => {
      await liveKit(await talksInThree(people), mediaLeft(people.bob));
      await seconds(timings.graceSeconds);
    },
    'they never connect': async (people) => {
      await accepts(await ringsBeside(people), people.bob);
      await seconds(timings.connectSeconds);
    },
  };
}
