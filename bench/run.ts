// npm run bench [-- <name> …]
// Runs each benchmark on its own servers and prints the figures. bench/BASELINES.md has earlier
// figures.
import type { Benchmark } from './benchmark.ts';
import { calls } from './calls.ts';
import { deadlines } from './deadlines.ts';
import { ingesterAlone } from './quality/ingester-alone.ts';
import { reporting } from './quality/reporting.ts';
import { wholeWay } from './quality/whole-way.ts';
import { sockets } from './sockets.ts';

const BENCHMARKS: readonly Benchmark[] = [
  calls,
  sockets,
  deadlines,
  ingesterAlone,
  wholeWay,
  reporting,
];

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !BENCHMARKS.some((one) => one.name === name));
if (unknown.length > 0) {
  console.error(`No such benchmark: ${unknown.join(', ')}.`);
  console.error(`There are ${BENCHMARKS.map(({ name }) => name).join(', ')}.`);
  process.exit(1);
}
for (const { name, of, run } of BENCHMARKS) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  console.log(`\n${name}: ${of}`);
  await run((line) => console.log(`  ${line}`));
}
