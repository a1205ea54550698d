// npm run test:images
// Builds docker/Dockerfile and makes a call through its containers, on a machine without Docker:
// buildah builds, podman runs, and Debian packages with the Node of our lock file replace the base
// image. It takes minutes the first time, and needs root and Debian.

import { provideLiveKit } from '../../scripts/stack/livekit.ts';
import { provideRedis } from '../../scripts/stack/redis.ts';
import { buildRingline, provideContainerTools } from './build.ts';
import { runChecks } from './checks.ts';

function say(line: string) {
  return console.log(line);
}

try {
  provideContainerTools(say);
  provideRedis(say);
  await provideLiveKit(say);
  buildRingline(say);
  if (!runChecks('images/*.check.ts')) process.exitCode = 1;
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}
