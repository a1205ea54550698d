// npm run test:cuts [-- --only caller,connected,15]
// Two people call each other in browsers, and one of them, or one of our processes, is cut off for
// 5, 15 and 40 seconds. Prints what each of them sees and when: the table of docs/failures.md. Exit
// code 0: each call had an expected outcome; 1: one did not.
import { parseArgs } from 'node:util';
import { provideLiveKit } from '../../scripts/stack/livekit.ts';
import { provideRedis } from '../../scripts/stack/redis.ts';
import { type Played, play } from './play.ts';
import { allRows, type Row, toName } from './rows.ts';
import type { Sight } from './watch.ts';
import { startWorld } from './world.ts';

function say(line: string) {
  return console.log(line);
}

function rowsNamed(only: string): readonly Row[] {
  const words = only.split(',').map((word) => word.trim());
  return allRows.filter(({ part, phase, seconds }) =>
    words.every((word) => [part, phase, String(seconds)].includes(word)),
  );
}

function inSeconds(sights: readonly Sight[]): string {
  return sights
    .map(({ what, afterMs }, nth) =>
      nth === 0 ? what : `${(afterMs / 1000).toFixed(1)} s: ${what}`,
    )
    .join('; ');
}

function asRow({ part, phase, seconds }: Row, { caller, callee, outcome }: Played): string {
  return `| ${part} | ${phase} | ${seconds} s | ${inSeconds(caller)} | ${inSeconds(callee)} | ${outcome} |`;
}

async function main(): Promise<number> {
  const { values } = parseArgs({ options: { only: { type: 'string' } } });
  const rows = values.only === undefined ? allRows : rowsNamed(values.only);
  provideRedis(say);
  await provideLiveKit(say);
  const world = await startWorld();
  const failed: string[] = [];
  try {
    for (const row of rows) {
      const played = await play(world, row);
      say(asRow(row, played));
      if (!row.outcomes.some((outcome) => outcome === played.outcome)) failed.push(toName(row));
    }
  } finally {
    await world.stop();
  }
  say(
    failed.length === 0
      ? 'All calls had an expected outcome.'
      : `Unexpected outcome: ${failed.join('; ')}`,
  );
  return failed.length === 0 ? 0 : 1;
}

// Browsers and servers are closed by now.
try {
  process.exit(await main());
} catch (error) {
  console.error(error);
  process.exit(2);
}
