import { createSupervisor } from '../stack/supervise.ts';
import { childProgram } from './fixtures/child.ts';
import { isRunning } from './fixtures/is-running.ts';
import { createLines } from './fixtures/lines.ts';

function supervise() {
  const output = createLines();
  const reports = createLines();
  const supervisor = createSupervisor({
    report: reports.add,
    output: (_program, line) => output.add(line),
    restartDelayMs: 10,
  });
  const pid = async (nth: number) => Number(await output.matching(/^ready (\d+)$/, nth));
  return { supervisor, output, reports, pid };
}

describe('the supervisor', () => {
  it('reports a program that dies, and restarts it', async () => {
    const { supervisor, reports, pid } = supervise();
    await supervisor.start(childProgram('worker'));
    const first = await pid(1);

    process.kill(first, 'SIGKILL');

    const second = await pid(2);
    expect(second).not.toBe(first);
    await reports.matching(/is running again/);
    expect(reports.all).toEqual([
      'worker died (SIGKILL); restarting it in 0.01 s',
      'worker is running again',
    ]);
    await supervisor.stop();
    expect(isRunning(second)).toBe(false);
  });

  it('restarts a program each time it dies, after a longer pause each time', async () => {
    const { supervisor, reports, pid } = supervise();
    await supervisor.start(childProgram('worker'));

    process.kill(await pid(1), 'SIGKILL');
    process.kill(await pid(2), 'SIGKILL');

    await pid(3);
    expect(await reports.matching(/died/, 2)).toBe(
      'worker died (SIGKILL); restarting it in 0.02 s',
    );
    await supervisor.stop();
  });

  it('stops all programs, the last started first', async () => {
    const { supervisor, output, pid } = supervise();
    await supervisor.start(childProgram('database'));
    await supervisor.start(childProgram('service'));
    const pids = [await pid(1), await pid(2)];

    await supervisor.stop();

    expect(output.all.slice(2)).toEqual(['service is asked to stop', 'database is asked to stop']);
    expect(pids.map(isRunning)).toEqual([false, false]);
  });

  it('stops a program once, however often it is told to', async () => {
    const { supervisor, output } = supervise();
    await supervisor.start(childProgram('service'));

    await Promise.all([supervisor.stop(), supervisor.stop()]);
    await supervisor.stop();

    expect(output.all.filter((line) => line.includes('asked to stop'))).toHaveLength(1);
  });

  it('does not restart a program that dies while it is being stopped', async () => {
    const { supervisor, reports, pid } = supervise();
    await supervisor.start(childProgram('service'));

    process.kill(await pid(1), 'SIGKILL');
    await supervisor.stop();

    expect(reports.all.join()).not.toContain('is running again');
  });

  it('stops a program that is not ready yet', async () => {
    const { supervisor, pid } = supervise();
    const slow = { ...childProgram('slow'), ready: { line: 'never said' } };
    const starting = supervisor.start(slow);
    const child = await pid(1);

    await Promise.all([
      expect(starting).rejects.toThrow('slow did not start: stopped'),
      supervisor.stop(),
    ]);

    expect(isRunning(child)).toBe(false);
  });
});
