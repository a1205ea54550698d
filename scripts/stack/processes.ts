import { join } from 'node:path';
import type { Environment } from './dev-env.ts';
import { ROOT } from './folder.ts';
import type { Program } from './program.ts';

/** The services, in the order in which they start. */
export const SERVICES = [
  { name: 'call-service', folder: 'services/call-service', preferredPort: 3001 },
  { name: 'cleanup-worker', folder: 'services/cleanup-worker', preferredPort: 3002 },
  { name: 'quality-ingester', folder: 'services/quality-ingester', preferredPort: 3003 },
] as const;

/** One of our processes. Its internal port tells when it is ready. */
export function serviceProgram(
  { name, folder }: { name: string; folder: string },
  internalPort: number,
  env: Environment,
): Program {
  return {
    name,
    command: [process.execPath, join(ROOT, folder, 'src', 'main.ts')],
    env: { ...env, INTERNAL_PORT: String(internalPort) },
    ready: { url: `http://127.0.0.1:${internalPort}/health` },
  };
}

/** The example host app, with its page. */
export function exampleProgram(env: Environment): Program {
  return {
    name: 'example-web',
    command: [process.execPath, join(ROOT, 'examples', 'web', 'src', 'main.ts')],
    env,
    ready: { url: `http://127.0.0.1:${env.EXAMPLE_WEB_PORT}/health` },
  };
}
