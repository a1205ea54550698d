// Preloaded into each process of the battery: prints from time to time how much memory is in use.
// Resident memory says less, because V8 collects garbage at its own pace.
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
