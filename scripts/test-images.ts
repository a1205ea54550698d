// npm run test:images
// Builds docker/Dockerfile and makes a call through its containers, on a machine without a Docker engine: buildah builds,
// podman runs, and the base image is stood in for by Debian's own packages and the Node of our lock file. Takes minutes the
// first time, needs root and Debian.
import { buildRingline, provideContainerTools } from '../docker/images/build.ts';
import { runChecks } from '../docker/images/checks.ts';
import { provideLiveKit } from './stack/livekit.ts';
import { provideRedis } from './stack/redis.ts';

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
