// npm run test:composition
// Brings docker-compose.yml up as it is shipped and makes calls through it, on a machine without
// Docker: with podman, and with stand-ins for images that cannot be fetched. docs/composition.md
// says how. It takes minutes the first time, and needs root, Debian, and the ports of the
// composition.

import { provideChromium } from '../../scripts/stack/chromium.ts';
import { installSystemPackages, type Say } from '../../scripts/stack/debian.ts';
import { provideDeploymentTools } from '../../scripts/stack/deployment-tools.ts';
import { onPath } from '../../scripts/stack/executable.ts';
import { provideLiveKit } from '../../scripts/stack/livekit.ts';
import { buildRingline, provideContainerTools } from '../images/build.ts';
import { runChecks } from '../images/checks.ts';
import { readComposition } from './read.ts';
import { setUpServer } from './server.ts';
import { buildStandIns } from './stand-ins.ts';

/** It makes Chromium trust Caddy's own certificate authority. */
function provideCertutil(say: Say): void {
  if (!onPath('certutil')) installSystemPackages(['libnss3-tools'], say);
  if (!onPath('certutil')) throw new Error('Not on the PATH: certutil (Debian: libnss3-tools).');
}

function say(line: string) {
  return console.log(line);
}

try {
  provideContainerTools(say);
  provideDeploymentTools(say);
  provideChromium(say);
  provideCertutil(say);
  const livekit = await provideLiveKit(say);
  buildRingline(say);
  const server = setUpServer('');
  try {
    buildStandIns(readComposition(server.path), livekit, say);
  } finally {
    server.remove();
  }
  if (!runChecks('composition/*.check.ts')) process.exitCode = 1;
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}
