// Preloaded into each process of the battery: now and then it says how much of its memory is in use. What the system
// gives a process says less: V8 collects garbage when it pleases.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

const EVERY_MS = 10_000;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc');

setInterval(() => {
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  console.log(`live memory: ${heapUsed + external}`);
}, EVERY_MS).unref();
