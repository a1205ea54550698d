import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseEnv } from 'node:util';
import { Client } from 'pg';
import { createLines } from './fixtures/lines.ts';

const SCRIPT = join(import.meta.dirname, '..', 'start.ts');

let folder: string;
function devEnv() {
  return join(folder, 'dev.env');
}
function readEnv() {
  return parseEnv(readFileSync(devEnv(), 'utf8'));
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ringline-start-'));
});

afterAll(() => rmSync(folder, { recursive: true }));

/** `npm start -- --parts`, with its own data. */
function startParts() {
  const lines = createLines();
  const child = spawn(process.execPath, [SCRIPT, '--parts'], {
    env: { ...process.env, RINGLINE_FOLDER: folder },
  });
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', lines.add);
  }
  const exited = once(child, 'exit');
  return {
    lines,
    pid: child.pid,
    ready: () => lines.matching(/The parts run/),
    exitCode: async () => (await exited)[0],
    async pressCtrlC() {
      child.kill('SIGINT');
      child.kill('SIGINT'); // from the terminal, and from npm
      return (await exited)[0];
    },
  };
}

async function query(statement: string): Promise<unknown[]> {
  const client = new Client({ connectionString: readEnv().DATABASE_URL });
  await client.connect();
  try {
    return (await client.query(statement)).rows;
  } finally {
    await client.end();
  }
}

describe('npm start -- --parts', () => {
  it('runs the parts until Ctrl-C and leaves no process behind', async () => {
    const parts = startParts();
    await parts.ready();
    const { LIVEKIT_URL = '' } = readEnv();
    expect((await fetch(LIVEKIT_URL)).ok).toBe(true);
    expect(await query('SELECT count(*)::int AS calls FROM calls')).toEqual([{ calls: 0 }]);

    expect(await parts.pressCtrlC()).toBe(0);

    await expect(fetch(LIVEKIT_URL)).rejects.toThrow('fetch failed');
    await expect(query('SELECT 1')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  it('keeps the secrets and the data when it is restarted', async () => {
    const first = startParts();
    await first.ready();
    const { AUTH_JWT_SECRET, LIVEKIT_API_SECRET } = readEnv();
    await query('CREATE TABLE kept (id int)');
    await first.pressCtrlC();

    const second = startParts();
    await second.ready();
    expect(readEnv()).toMatchObject({ AUTH_JWT_SECRET, LIVEKIT_API_SECRET });
    expect(await query('SELECT * FROM kept')).toEqual([]);
    await second.pressCtrlC();
  });

  it('makes random secrets in a file that only its owner can read', () => {
    const { AUTH_JWT_SECRET, LIVEKIT_API_SECRET } = readEnv();
    expect(Buffer.from(AUTH_JWT_SECRET ?? '', 'base64url')).toHaveLength(32);
    expect(LIVEKIT_API_SECRET).not.toBe(AUTH_JWT_SECRET);
    expect(statSync(devEnv()).mode & 0o777).toBe(0o600);
  });

  it('refuses in one line to run twice on the same data', async () => {
    const first = startParts();
    await first.ready();

    const second = startParts();

    expect(await second.exitCode()).toBe(1);
    expect(second.lines.all).toHaveLength(1);
    expect(second.lines.all[0]).toContain(`already runs in this clone, as process ${first.pid}`);
    await first.pressCtrlC();
  });

  it('starts again after it was killed', async () => {
    writeFileSync(join(folder, 'start.pid'), '999999999');
    const parts = startParts();
    await parts.ready();
    await parts.pressCtrlC();
  });

  it('fails in one line and stops what it has started if a part cannot start', async () => {
    const parts = spawn(process.execPath, [SCRIPT, '--parts'], {
      env: { ...process.env, RINGLINE_FOLDER: folder, LIVEKIT_URL: 'wss://livekit.example.com' },
    });
    const lines = createLines();
    createInterface({ input: parts.stderr }).on('line', lines.add);
    const [exitCode] = await once(parts, 'exit');
    expect(exitCode).toBe(1);
    expect(lines.all).toEqual([
      'LIVEKIT_URL is set: LIVEKIT_API_KEY and LIVEKIT_API_SECRET must be, too.',
    ]);
    await expect(query('SELECT 1')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });
});
