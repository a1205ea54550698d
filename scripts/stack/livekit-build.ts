import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Say } from './debian.ts';
import { tethered } from './program.ts';

export const LIVEKIT_VERSION = '1.13.5';
const MODULE = `github.com/livekit/livekit-server/cmd/server@v${LIVEKIT_VERSION}`;
/** How many packages a cold build compiles; only for the progress. */
const PACKAGES = 790;
const SAY_EVERY_MS = 15_000;
const LINES_TO_SHOW = 10;

interface Build {
  readonly go: string;
  /** Where to put the program. */
  readonly target: string;
  readonly say: Say;
}

/** Builds LiveKit's server from source, reports its progress every 15 s, and returns the path. */
export async function buildLiveKit({ go, target, say }: Build): Promise<string> {
  await mkdir(dirname(target), { recursive: true });
  const folder = await mkdtemp(`${target}.building-`);
  try {
    say(`Building LiveKit ${LIVEKIT_VERSION} with Go: once, three to four minutes on two cores …`);
    await install(go, folder, say);
    await rename(join(folder, 'server'), target);
    say(`LiveKit is built: ${target}`);
    return target;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function install(go: string, folder: string, say: Say): Promise<void> {
  const started = Date.now();
  const lines: string[] = [];
  let downloaded = 0;
  let compiled = 0;
  const [file, ...args] = tethered([go, 'install', '-v', MODULE]);
  const build = spawn(file, args, {
    env: { ...process.env, CGO_ENABLED: '0', GOBIN: folder },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  createInterface({ input: build.stderr }).on('line', (line) => {
    if (line.startsWith('go: downloading')) downloaded += 1;
    else compiled += 1;
    lines.push(line);
  });
  const progress = setInterval(() => {
    const seconds = Math.round((Date.now() - started) / 1000);
    say(
      `Building LiveKit: ${seconds} s, ${downloaded} modules downloaded, ` +
        `${compiled} of about ${PACKAGES} packages compiled`,
    );
  }, SAY_EVERY_MS);

  const status = await new Promise((resolve, reject) => {
    build.once('error', reject);
    build.once('close', resolve);
  }).finally(() => clearInterval(progress));
  if (status !== 0) {
    throw new Error(['LiveKit could not be built:', ...lines.slice(-LINES_TO_SHOW)].join('\n  '));
  }
}
