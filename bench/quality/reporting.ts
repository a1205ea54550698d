import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '@ringline/testing/until';
import type { Benchmark } from '../benchmark.ts';
import { beginCalls } from './calls.ts';
import { startQualityStack } from './stack.ts';
import { ordinarySample } from './workload.ts';

const CALLS = 1500;
const EVERY_SECONDS = 5;
const ROUNDS = 4;
const CONNECTING = 50;

function inGroups<Item>(items: readonly Item[], size: number): Item[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  );
}

export const reporting: Benchmark = {
  name: 'quality-reporting',
  of:
    `${CALLS} calls of two users, each of whom reports every ${EVERY_SECONDS} s by socket; ` +
    `the CPU that this takes, over ${ROUNDS * EVERY_SECONDS} s`,
  run: async (say) => {
    const stack = await startQualityStack();
    const parties = await beginCalls(stack.databaseUrl, CALLS);
    const reporters: { callId: string; send: (sample: object) => Promise<{ ok: boolean }> }[] = [];
    for (const group of inGroups(parties, CONNECTING)) {
      const connected = group.map(async ({ callId, userId }) => {
        const socket = await stack.connect({ callId, userId });
        const send = (sample: object) =>
          socket.emitWithAck('call:quality_update', { callId, sample });
        reporters.push({ callId, send });
      });
      await Promise.all(connected);
    }
    const idle = stack.cpu();
    await sleep(EVERY_SECONDS * 1000);
    const before = stack.cpu();
    const latencies: number[] = [];
    let refused = 0;
    const report = async ({ send }: (typeof reporters)[number]): Promise<void> => {
      await sleep(Math.random() * EVERY_SECONDS * 1000);
      for (let round = 0; round < ROUNDS; round += 1) {
        const sent = performance.now();
        if (!(await send(ordinarySample())).ok) refused += 1;
        latencies.push(performance.now() - sent);
        await sleep(Math.max(0, EVERY_SECONDS * 1000 - (performance.now() - sent)));
      }
    };
    const started = performance.now();
    await Promise.all(reporters.map(report));
    const seconds = (performance.now() - started) / 1000;
    const samples = reporters.length * ROUNDS;
    await until('all are stored', async () => (await stack.storedSamples()) === samples - refused);
    const after = stack.cpu();

    latencies.sort((a, b) => a - b);
    const at = (share: number) => (latencies[Math.floor(latencies.length * share)] ?? 0).toFixed(1);
    say(
      `${samples} samples in ${seconds.toFixed(0)} s, ${refused} refused; answered in ${at(0.5)} ms (p99 ${at(0.99)} ms)`,
    );
    for (const [index, { name, seconds: total }] of after.entries()) {
      const busy = total - (before[index]?.seconds ?? 0);
      const resting = ((before[index]?.seconds ?? 0) - (idle[index]?.seconds ?? 0)) / EVERY_SECONDS;
      say(
        `${name.padEnd(13)} ${((busy / seconds) * 100).toFixed(1).padStart(5)} % of a core ` +
          `(${(resting * 100).toFixed(1)} % with the sockets connected and silent)`,
      );
    }
    await stack.stop();
  },
};
