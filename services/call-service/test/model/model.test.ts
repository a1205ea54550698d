/*
 * The service against its model: random courses of calls on two replicas, real Postgres, Redis and
 * LiveKit. The pure machine decides the expected result of each act. The database's clock stands
 * still, so that both decide at the same instants and their states can be compared.
 *
 * A failure prints its seed and the shortest course that leads to it. To repeat it:
 *   MODEL_SEED=<seed> npx jest services/call-service/test/model
 * To run for longer, from a new seed:
 *   MODEL_SECONDS=600 npx jest services/call-service/test/model
 */
import { isTerminal } from '@ringline/domain';
import fc from 'fast-check';
import { checkCall, checkClaims, checkHeard, checkHeardInRaces, checkHistory } from './at-rest.ts';
import { courses, endCall, races } from './commands.ts';
import { type Model, type Stage, setStage } from './run.ts';
import type { Service } from './service.ts';

const SEED = Number(process.env.MODEL_SEED ?? Date.now() % 2 ** 31);
const SECONDS = Number(process.env.MODEL_SECONDS ?? 15);
const LONGEST_COURSE = 60;
const SHRINKING_SECONDS = 60;
const TIMEOUT_MS = (SECONDS + SHRINKING_SECONDS + 30) * 1000;

let stage: Stage;
beforeAll(async () => {
  stage = await setStage();
});
afterAll(() => stage.close());

async function checkAtRest(service: Service, { world }: Model): Promise<void> {
  for (const callId of world.calls.keys()) await checkCall(service, world, callId);
  await checkClaims(service, world);
  await checkHistory(service, world);
}

/**
 * Plays random courses for a while. Compares everything after each, and again when all its calls
 * are over.
 */
async function play(commands: typeof courses, checkWhatWasHeard: typeof checkHeard): Promise<void> {
  let [played, acts, calls] = [0, 0, 0];
  const course = fc.commands([commands], { maxCommands: LONGEST_COURSE, size: 'max' });
  const property = fc.asyncProperty(course, async (course) => {
    const { model, service, end } = await stage.begin();
    try {
      await fc.asyncModelRun(() => ({ model, real: service }), course);
      await checkAtRest(service, model);
      const live = [...model.world.calls.values()].filter((call) => !isTerminal(call));
      for (const { id } of live) await endCall(model, service, id);
      await checkAtRest(service, model);
      await checkWhatWasHeard(service, model.world);
      acts += model.serial;
      calls += model.world.calls.size;
    } finally {
      end();
    }
  });
  const until = performance.now() + SECONDS * 1000;
  for (; performance.now() < until; played += 1) {
    // One course at a time: a limit on all of them would skip the one that hangs.
    await fc.assert(property, {
      seed: SEED + played,
      numRuns: 1,
      interruptAfterTimeLimit: SHRINKING_SECONDS * 1000,
      markInterruptAsFailure: true,
    });
  }
  process.stdout.write(
    `${played} courses from MODEL_SEED=${SEED} on: ${calls} calls, ${acts} acts\n`,
  );
  expect(acts).toBeGreaterThan(0);
}

test(
  'the service agrees with the machine, act by act',
  () => play(courses, checkHeard),
  TIMEOUT_MS,
);

test(
  'simultaneous acts have the results of some order of the same acts',
  () => play(races, checkHeardInRaces),
  TIMEOUT_MS,
);
