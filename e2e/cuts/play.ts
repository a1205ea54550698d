import { setTimeout as sleep } from 'node:timers/promises';
import { openPage, type Person } from '@ringline/testing/browser/page';
import { accept, ring } from '@ringline/testing/browser/talk';
import { until } from '@ringline/testing/until';
import { createUser, type User } from '../user.ts';
import type { Outcome, Row } from './rows.ts';
import { type Sight, type Watch, watch } from './watch.ts';
import type { World } from './world.ts';

const ACCEPT_AFTER_MS = 3_000;
/** After the network is back: the longest pause before a retry, and the time to connect media. */
const SETTLED_WITHIN_MS = 45_000;

/** The result of one row. */
export interface Played {
  readonly caller: readonly Sight[];
  readonly callee: readonly Sight[];
  readonly outcome: Outcome | string;
}

interface Pair {
  caller: Person;
  callee: Person;
  /** The caller's account, for requests. */
  asked: User;
}

/** Presses Accept again after each failure, while the call rings. */
async function answer(callee: Person, mendAt: number): Promise<void> {
  await sleep(ACCEPT_AFTER_MS);
  while (performance.now() < mendAt + SETTLED_WITHIN_MS / 2) {
    const sheet = callee.find('incoming-sheet');
    if (!(await sheet.isVisible())) return;
    await callee
      .find('accept')
      .click({ timeout: 1000 })
      .catch((error: unknown) => {
        if (!(error instanceof Error && error.name === 'TimeoutError')) throw error;
      });
    await sleep(1000);
  }
}

async function prepare({ caller, callee }: Pair, row: Row): Promise<void> {
  await ring(caller, callee, 'video');
  if (row.phase === 'connecting') await callee.click('accept');
  if (row.phase === 'connected') await accept(callee, caller);
}

async function waitForOutcome(
  watches: readonly Watch[],
  asked: User,
  callId: string,
): Promise<string> {
  const talk = () => watches.every((one) => one.now() === 'in the call');
  const isOver = () => watches.every((one) => one.now().startsWith('out'));
  await until('the call is connected or over', () => talk() || isOver(), SETTLED_WITHIN_MS).catch(
    () => null,
  );
  if (talk()) return 'they talk';
  const call = await asked.call(callId);
  return call.state === 'missed' ? 'missed' : (call.endReason ?? call.state);
}

/** Plays one row, and restores everything afterwards. */
export async function play(world: World, row: Row): Promise<Played> {
  const { stack, pageUrl, browsers } = world;
  const [caller, callee] = await Promise.all([
    openPage(browsers.caller, pageUrl, 'ann'),
    openPage(browsers.callee, pageUrl, 'ben'),
  ]);
  const asked = await createUser(stack, 'ann');
  const watches: Watch[] = [];
  try {
    await prepare({ caller, callee, asked }, row);
    const callId = (await asked.active())[0]?.id ?? '';
    await world.cut(row.part);
    const mendAt = performance.now() + row.seconds * 1000;
    watches.push(watch(caller), watch(callee));
    const pressing = row.phase === 'connected' ? Promise.resolve() : answer(callee, mendAt);
    await sleep(row.seconds * 1000);
    await world.mend(row.part);
    await pressing;
    const outcome = await waitForOutcome(watches, asked, callId);
    const [ofCaller, ofCallee] = watches;
    return { caller: ofCaller?.sights ?? [], callee: ofCallee?.sights ?? [], outcome };
  } finally {
    await Promise.all(watches.map((one) => one.stop()));
    await Promise.all([caller.close(), callee.close()]);
    for (const { id } of await asked.active()) await asked.end(id);
  }
}
