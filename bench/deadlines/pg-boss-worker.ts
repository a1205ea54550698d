// A worker process of pg-boss. Its decision is minimal: it sets ringing rows to missed.
import { PgBoss } from 'pg-boss';
import { MISSED, type Timeout, WORK } from './queue.ts';

const boss = new PgBoss({ connectionString: process.env.DATABASE_URL ?? '', schedule: false });
boss.on('error', (error) => {
  throw error;
});
await boss.start();
await boss.work<Timeout, void, typeof WORK>(MISSED, WORK, async (jobs, tx) => {
  await tx.executeSql(
    `UPDATE bench_rings SET state = 'missed', decided = decided + 1 WHERE id = ANY ($1::int[])`,
    [jobs.map(({ data }) => data.id)],
  );
});
process.once('SIGTERM', () => void boss.stop());
console.log('ready');
