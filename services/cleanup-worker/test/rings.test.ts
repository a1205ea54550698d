import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { notices } from '@ringline/contract';
import { until } from '@ringline/testing/until';
import { accept, acknowledge, end, load, ring, someone } from './acts.ts';
import type { Heard } from './ears.ts';
import { type Stage, setStage } from './stage.ts';

let stage: Stage;

beforeAll(async () => {
  stage = await setStage();
  // Two of them: each ring is repeated once, by whichever comes first.
  await Promise.all([stage.startWorker(), stage.startWorker()]);
});
afterAll(() => stage.clear());

function ringsIn(heard: Heard[]): Heard[] {
  return heard.filter(({ event }) => event === 'call:incoming');
}

/** Lets the rings be due again, and waits until this user was rung. */
async function nextRing(heard: Heard[]): Promise<Heard> {
  const before = ringsIn(heard).length;
  await stage.pass(2000);
  await until('the ring is repeated', () => ringsIn(heard).length > before);
  const rings = ringsIn(heard);
  expect(rings).toHaveLength(before + 1);
  const last = rings.at(-1);
  if (last === undefined) throw new Error('no ring');
  return last;
}

describe('a ring that nobody acknowledges', () => {
  it('is repeated every two seconds, until a device acknowledges it', async () => {
    const [ann, bob, cid] = [someone('ann'), someone('bob'), someone('cid')];
    const [heardByBob, heardByCid] = [await stage.ears.listen(bob), await stage.ears.listen(cid)];
    const call = await ring(stage.engine, ann, [bob, cid]);
    for (let round = 1; round <= 3; round += 1) {
      await nextRing(heardByBob);
      await until('cid is rung as well', () => ringsIn(heardByCid).length === round);
    }
    await acknowledge(stage.engine, call, bob);
    for (let round = 4; round <= 6; round += 1) {
      const repeated = await nextRing(heardByCid);
      // The repetition says how the call stands by now.
      const notice = notices['call:incoming'].parse(repeated.payload);
      expect(notice.call.participants.find(({ userId }) => userId === bob)?.state).toBe('ringing');
    }
    expect(ringsIn(heardByBob)).toHaveLength(3);
    await end(stage.engine, call, ann);
  });

  it('is not repeated to one who has answered, nor once the call is over', async () => {
    const [ann, bob, cid] = [someone('ann'), someone('bob'), someone('cid')];
    const [dora, eve] = [someone('dora'), someone('eve')];
    const heardByBob = await stage.ears.listen(bob);
    const heardByCid = await stage.ears.listen(cid);
    const heardByEve = await stage.ears.listen(eve);
    const answered = await ring(stage.engine, ann, [bob]);
    await accept(stage.engine, answered, bob);
    const cancelled = await ring(stage.engine, someone('fay'), [cid]);
    await end(stage.engine, cancelled, cancelled.initiatorId);
    const ringing = await ring(stage.engine, dora, [eve]);
    await nextRing(heardByEve);
    await nextRing(heardByEve);
    expect(ringsIn(heardByBob)).toEqual([]);
    expect(ringsIn(heardByCid)).toEqual([]);
    await end(stage.engine, ringing, dora);
    await end(stage.engine, answered, ann);
  });

  it('is not repeated once it has run out', async () => {
    const [ann, bob, eve] = [someone('ann'), someone('bob'), someone('eve')];
    const heardByBob = await stage.ears.listen(bob);
    const call = await ring(stage.engine, ann, [bob]);
    await stage.pass(30_000);
    await until(
      'the call is missed',
      async () => (await load(stage.engine, call)).state === 'missed',
    );
    const heardByEve = await stage.ears.listen(eve);
    const ringing = await ring(stage.engine, someone('dora'), [eve]);
    await nextRing(heardByEve);
    expect(ringsIn(heardByBob)).toEqual([]);
    await end(stage.engine, ringing, ringing.initiatorId);
  });
});
