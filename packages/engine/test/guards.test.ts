import { randomUUID } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import type { Store } from '@ringline/store';
import { byTheClaim, byTheVersion, byTheWebhookId, type Guarded } from './guarded.ts';
import { type Stage, type TestEngine, useStage } from './stage.ts';

/*
 * Tests each guard of the database, and then the same tests without the guard: they must fail, or
 * they would not detect its loss.
 */

function withStore(stage: Stage, change: (store: Store) => Partial<Store>): TestEngine {
  const { store } = stage.engine().parts;
  return stage.engine({ store: { ...store, ...change(store) } });
}

/** Commits every decision, even if the call has changed since. */
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

/** Treats each delivery of a webhook as a new webhook. */
function withoutWebhookIds(stage: Stage): TestEngine {
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
    guarded: byTheWebhookId,
    without: withoutWebhookIds,
  },
];

/** On a busy machine, the racers may run one after the other by chance, so races are repeated. */
const MAX_RACES = 20;

async function firstFailure(race: () => Promise<void>): Promise<unknown> {
  for (let raced = 0; raced < MAX_RACES; raced += 1) {
    try {
      await race();
    } catch (error) {
      return error;
    }
  }
  return null;
}

describe.each(GUARDS)('with $guard', ({ guarded, without }) => {
  const { stage, engine, otherEngine } = useStage();

  it.each(guarded)('$sentence', ({ verify }) => verify(stage, [engine, otherEngine]));

  it('without the guard, each of these tests fails', async () => {
    const engines = [await without(stage), await without(stage)] as const;
    for (const { verify } of guarded) {
      // A failed expectation, and no other error.
      const failure = await firstFailure(() => verify(stage, engines));
      expect(failure).toHaveProperty('matcherResult.pass', false);
    }
  });
});
