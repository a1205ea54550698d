import { describe, expect, it } from '@jest/globals';
import { createOrigin, type Outcome } from '@ringline/engine';
import { accept, by, callOf, end, keyed, must, people, ring, start, stateOf } from './acts.ts';
import { type TestEngine, useStage } from './stage.ts';

const { stage, engine, otherEngine } = useStage();

async function countCalls(): Promise<number> {
  const [row] = await stage.query<{ count: number }>('SELECT count(*)::int AS count FROM calls');
  return row?.count ?? 0;
}

function codeOf({ refusal }: Outcome): string {
  return refusal?.code ?? 'started';
}

describe('two users who call each other', () => {
  it('meet in the first call by an accept', async () => {
    const [ann, bob] = people();
    const first = await ring(engine, ann, [bob]);
    const before = await countCalls();
    const outcome = await start(otherEngine, bob, [ann]);
    expect(outcome).toMatchObject({ refusal: null, status: 200, merged: true });
    const call = callOf(outcome);
    expect(call).toMatchObject({ id: first.id, state: 'connecting' });
    expect([stateOf(call, ann), stateOf(call, bob)]).toEqual(['joining', 'joining']);
    expect(await countCalls()).toBe(before);
  });

  it('meet in one call when they start at the same moment', async () => {
    for (let round = 0; round < 15; round += 1) {
      const [ann, bob] = people();
      const outcomes = await Promise.all([
        start(engine, ann, [bob]),
        start(otherEngine, bob, [ann]),
      ]);
      const calls = outcomes.map(callOf);
      expect(new Set(calls.map(({ id }) => id)).size).toBe(1);
      expect(outcomes.map((outcome) => outcome.refusal === null && outcome.merged).sort()).toEqual([
        false,
        true,
      ]);
      const rows = await stage.query<{ state: string }>(
        'SELECT state FROM calls WHERE initiator_id = ANY ($1)',
        [[ann, bob]],
      );
      expect(rows).toEqual([{ state: 'connecting' }]);
    }
  });

  it('do not meet in an answered call, a group or a call to a third user', async () => {
    const [ann, bob, cid] = people();
    const answered = await ring(engine, ann, [bob]);
    await must(engine, answered, accept(bob), by(bob));
    expect(codeOf(await start(engine, bob, [ann]))).toBe('CALLER_BUSY');
    await must(engine, answered, { name: 'force_end' }, createOrigin('admin'));
    await ring(engine, ann, [bob, cid]);
    expect(codeOf(await start(engine, bob, [ann]))).toBe('CALLER_BUSY');
    expect(codeOf(await start(engine, cid, [bob]))).toBe('CALLER_BUSY');
  });

  /** An engine whose accept is committed right after another act. */
  const commitAfter = (act: () => Promise<unknown>): TestEngine => {
    const { store } = engine.parts;
    let first = true;
    const commit: typeof store.commit = async (decided) => {
      if (first && decided.expectedVersion !== null) {
        first = false;
        await act();
      }
      return store.commit(decided);
    };
    return stage.engine({ store: { ...store, commit } });
  };

  it('get a second call when the first is cancelled at the same moment', async () => {
    const [ann, bob] = people();
    const cancelled = await ring(engine, ann, [bob]);
    const late = commitAfter(() => must(engine, cancelled, end(ann), by(ann)));
    const request = keyed(bob, 'k', 'body', 201);
    const outcome = await start(late, bob, [ann], {}, request);
    expect(outcome).toMatchObject({ refusal: null, status: 201, merged: false });
    expect(callOf(outcome)).toMatchObject({ state: 'ringing', initiatorId: bob });
    const again = await start(engine, bob, [ann], {}, request);
    expect(again).toMatchObject({ refusal: null, status: 201, call: { id: callOf(outcome).id } });
  });

  it('meet once, and a repeated start is refused with CALLER_BUSY', async () => {
    const [ann, bob] = people();
    const first = await ring(engine, ann, [bob]);
    const late = commitAfter(() => start(engine, bob, [ann]));
    expect((await start(late, bob, [ann])).refusal).toMatchObject({
      code: 'CALLER_BUSY',
      existingCallId: first.id,
    });
  });
});
