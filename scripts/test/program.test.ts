import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { startProgram } from '../stack/program.ts';
import { childProgram } from './fixtures/child.ts';
import { isRunning } from './fixtures/is-running.ts';

const itOnLinux = process.platform === 'linux' ? it : it.skip;

describe('a program', () => {
  it('rejects with its last lines if it ends before it is ready', async () => {
    await expect(startProgram(childProgram('service', 'fails'))).rejects.toThrow(
      'service did not start: it ended (exit code 3)\n  the reason why',
    );
  });

  it('rejects with its name if it does not exist', async () => {
    const missing = { ...childProgram('service'), command: ['/no/such/program'] as [string] };
    await expect(startProgram(missing)).rejects.toThrow('/no/such/program');
  });

  it('stops when it is asked to, and reports how it ended', async () => {
    const running = await startProgram(childProgram('service'));
    await running.stop();
    expect(await running.ended).toBe('exit code 0');
  });

  it('can be killed', async () => {
    const running = await startProgram(childProgram('service'));
    await running.kill();
    expect(await running.ended).toBe('SIGKILL');
    expect(isRunning(running.pid)).toBe(false);
  });

  itOnLinux('dies with the process that started it, even by kill -9', async () => {
    const parent = spawn(process.execPath, [join(import.meta.dirname, 'fixtures', 'parent.ts')]);
    const [line] = await once(createInterface({ input: parent.stdout }), 'line');
    const child = Number(/ready (\d+)/.exec(line)?.[1]);
    expect(isRunning(child)).toBe(true);

    parent.kill('SIGKILL');
    // The child holds the other end of the pipe that we read: it closes when both are gone.
    await once(parent, 'exit');
    while (isRunning(child)) await new Promise(setImmediate);
  });
});
