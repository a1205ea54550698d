import { jest } from '@jest/globals';
import { closeMedia } from '@ringline/testing/room';
import { readCounters, sum } from '../counters.ts';
import { type Course, openCourse } from '../course.ts';
import { type Stack, startStack } from '../stack.ts';

jest.setTimeout(120_000);

const SHIFTED_CLOCK = new URL('../faults/shifted-clock.mjs', import.meta.url).href;

let stack: Stack;
let course: Course | null = null;

afterEach(async () => {
  await course?.close();
  course = null;
  await stack?.stop();
});
afterAll(() => closeMedia());

/** Our processes share one clock, and LiveKit has another. Only ours can be shifted here. */
function startWithLiveKitAhead(aheadMs: number): Promise<Stack> {
  return startStack({
    env: { NODE_OPTIONS: `--import=${SHIFTED_CLOCK}`, CLOCK_SHIFT_MS: String(-aheadMs) },
  });
}

async function webhooks(outcome: string): Promise<number> {
  return sum(
    await readCounters(
      [stack.callService],
      'ringline_livekit_webhooks_total',
      `outcome="${outcome}"`,
    ),
  );
}

test.each([15_000, 55_000, -55_000])(
  'a call goes its way where the clock of LiveKit is %d ms ahead of ours',
  async (aheadMs) => {
    stack = await startWithLiveKitAhead(aheadMs);
    const played = await openCourse(stack, 'ann', 'ben');
    course = played;
    await played.by('ann', (ann) => ann.start({ type: 'audio', participantIds: ['ben'] }));
    await played.by('ben', (ben, callId) => ben.join(callId));
    await played.sit('ann', 'ben');
    await played.settlesAt('connected');
    await played.losesMedia('ben');
    await played.by('ben', (ben, callId) => ben.join(callId));
    await played.sit('ben');
    await played.settlesAt('connected');
    await played.by('ann', (ann, callId) => ann.end(callId));
    await played.settlesAt('ended');
    expect(await webhooks('taken_in')).toBeGreaterThanOrEqual(3);
    expect(await webhooks('not_believed')).toBe(0);
  },
);
