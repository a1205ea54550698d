import { until } from '../until.ts';
import type { Person } from './page.ts';

/** Calls somebody as soon as they are shown as online, and waits until it rings there. */
export async function ring(caller: Person, callee: Person, type: 'audio' | 'video'): Promise<void> {
  await until(`${caller.userId} sees that ${callee.userId} is online`, () =>
    caller
      .find(`person-${callee.userId}`)
      .evaluate((person) => person.getAttribute('data-online') === 'true'),
  );
  await caller.click(`call-${type}-${callee.userId}`);
  await callee.shows('incoming-sheet');
}

/** Accepts the ringing video call, and waits until both see and hear each other. */
export async function accept(callee: Person, caller: Person): Promise<void> {
  const began = Date.now();
  await callee.click('accept');
  await Promise.all([
    caller.reaches('connected'),
    callee.reaches('connected'),
    caller.sees(callee.userId),
    callee.sees(caller.userId),
    caller.hears(callee.userId, began),
    callee.hears(caller.userId, began),
  ]);
}
