import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Benchmark, perSecond } from './benchmark.ts';
import { startCallStack } from './calls/stack.ts';

const SOCKETS = 3000;
const AT_ONCE = 50;
const IDLE_SECONDS = 5;

function residentKiB(pid: number): number {
  return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
}

export const sockets: Benchmark = {
  name: 'sockets',
  of: `${SOCKETS} devices connect to one call service, ${AT_ONCE} at a time, and stay`,
  run: async (say) => {
    const stack = await startCallStack();
    const before = residentKiB(stack.callServicePid);
    const readCpu = () => stack.cpu()[0]?.seconds ?? 0;
    const connecting = readCpu();
    const begun = performance.now();
    let next = 0;
    const connect = async (): Promise<void> => {
      while (next < SOCKETS) await stack.connect(`user-${next++}`);
    };
    await Promise.all(Array.from({ length: AT_ONCE }, connect));
    const took = performance.now() - begun;
    const idle = readCpu();
    await sleep(IDLE_SECONDS * 1000);
    const percent = ((readCpu() - idle) / IDLE_SECONDS) * 100;
    const perSocket = (residentKiB(stack.callServicePid) - before) / SOCKETS;
    const cpu = ((idle - connecting) * 1000) / SOCKETS;
    say(`connected ${perSecond(SOCKETS, took)} a second; ${cpu.toFixed(1)} ms of CPU each`);
    say(`memory    ${Math.round(perSocket)} KiB each, on top of ${Math.round(before / 1024)} MiB`);
    say(`idle      ${percent.toFixed(1)} % of a core for all of them`);
    await stack.stop();
  },
};
