import { until } from '@ringline/testing/until';
import { type Benchmark, perSecond } from '../benchmark.ts';
import { beginCalls } from './calls.ts';
import { startQualityStack } from './stack.ts';
import { ordinarySample } from './workload.ts';

const CALLS = 50;
const SECONDS = 10;
/** Of each socket, so that neither side ever waits for the other. */
const UNDER_WAY = 10;

export const wholeWay: Benchmark = {
  name: 'quality-whole-way',
  of:
    `${CALLS * 2} sockets report as fast as they are answered, for ${SECONDS} s: ` +
    'socket, stream, Postgres; on one call service and one ingester',
  run: async (say) => {
    const stack = await startQualityStack();
    const parties = await beginCalls(stack.databaseUrl, CALLS);
    const sockets = await Promise.all(
      parties.map(async ({ callId, userId }) => ({
        callId,
        socket: await stack.connect({ callId, userId }),
      })),
    );
    let accepted = 0;
    let refused = 0;
    const started = performance.now();
    const report = async ({ callId, socket }: (typeof sockets)[number]): Promise<void> => {
      while (performance.now() - started < SECONDS * 1000) {
        const sent = { callId, sample: ordinarySample() };
        const { ok } = await socket.emitWithAck('call:quality_update', sent);
        if (ok) accepted += 1;
        else refused += 1;
      }
    };
    await Promise.all(
      sockets.flatMap((one) => Array.from({ length: UNDER_WAY }, () => report(one))),
    );
    const answered = performance.now() - started;
    await until('all are stored', async () => (await stack.storedSamples()) === accepted, 20_000);
    const stored = performance.now() - started;
    say(`answered  ${perSecond(accepted, answered)} samples/s (refused: ${refused})`);
    say(`stored    ${perSecond(accepted, stored)} rows/s, all of them`);
    await stack.stop();
  },
};
