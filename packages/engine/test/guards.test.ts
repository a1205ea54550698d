import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Store } from '@ringline/store';
import { byTheClaim, byTheReport, byTheVersion, type Guarded } from './guarded.ts';
import { type Stage, setStage, type TestEngine } from './stage.ts';

/*
 * Each guard of the database, and the same tests once more without it: then they must fail, or they would not notice
 * its loss.
 */

function withStore(stage: Stage, change: (store: Store) => Partial<Store>): TestEngine {
  const { store } = stage.engine().parts;
  return stage.engine({ store: { ...store, ...change(store) } });
}

/** Writes every decision upon whatever has become of the call meanwhile. */
function withoutVersionCheck(stage: Stage): TestEngine {
  return withStore(stage, (store) => ({
    commit: async (decided) => {
      if (decided.expectedVersion === null) return store.commit(decided);
      for (;;) {
        const expectedVersion = (await store.load(decided.call.id))?.version ?? null;
        const result = await store.commit({ ...decided, expectedVersion });
        if (result.outcome !== 'conflict') return result;
      }
    },
  }));
}

/** Takes each delivery of a webhook for another webhook. */
function withoutReportIds(stage: Stage): TestEngine {
  return withStore(stage, (store) => ({
    commit: (decided) =>
      store.commit({
        ...decided,
        webhook: decided.webhook && { ...decided.webhook, id: randomUUID() },
      }),
  }));
}

interface Guard {
  guard: string;
  guarded: readonly Guarded[];
  without(stage: Stage): Promise<TestEngine> | TestEngine;
}

const GUARDS: readonly Guard[] = [
  {
    guard: 'the unique index of the claims',
    guarded: byTheClaim,
    without: async (stage) => {
      await stage.query('DROP INDEX IF EXISTS call_participants_claim');
      return stage.engine();
    },
  },
  { guard: 'the version check', guarded: byTheVersion, without: withoutVersionCheck },
  {
    guard: 'the deduplication of webhooks',
    guarded: byTheReport,
    without: withoutReportIds,
  },
];

/** On a busy machine those who race may pass one after the other by chance: then they race again. */
const MOST_RACES = 20;

async function firstFailure(race: () => Promise<void>): Promise<unknown> {
  for (let raced = 0; raced < MOST_RACES; raced += 1) {
    try {
      await race();
    } catch (error) {
      return error;
    }
  }
  return null;
}

describe.each(GUARDS)('by $guard', ({ guarded, without }) => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await setStage();
  });
  afterAll(() => stage.clear());

  it.each(guarded)('$sentence', ({ hold }) => hold(stage, [stage.engine(), stage.engine()]));

  it('and without it each of these tests fails', async () => {
    const engines = [await without(stage), await without(stage)] as const;
    for (const { hold } of guarded) {
      // An expectation that was not met, and nothing else that may have gone wrong.
      const failure = await firstFailure(() => hold(stage, engines));
      expect(failure).toHaveProperty('matcherResult.pass', false);
    }
  });
});
