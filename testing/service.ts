import { join } from 'node:path';
import { freePort } from './ports.ts';
import { type Server, startServer } from './server.ts';

export interface Service extends Server {
  /** What clients reach; only the call service listens there. */
  readonly url: string;
  /** Where `/health`, `/ready` and the metrics are. */
  readonly internalUrl: string;
  /** All that it printed so far. */
  output(): string;
}

const HERE = join(import.meta.dirname, '..');

/**
 * Runs `services/<name>` as a process of its own, on free ports unless `env` names them; resolves when it is healthy.
 * `root` is where another release of Ringline lies.
 */
export async function startService(
  name: string,
  env: Record<string, string>,
  root = HERE,
): Promise<Service> {
  const port = env.PORT ?? String(await freePort());
  const internalPort = env.INTERNAL_PORT ?? String(await freePort());
  const lines: string[] = [];
  const internalUrl = `http://127.0.0.1:${internalPort}`;
  const server = await startServer(
    {
      name,
      command: [process.execPath, join(root, 'services', name, 'src', 'main.ts')],
      env: { NODE_OPTIONS: '', ...env, PORT: port, INTERNAL_PORT: internalPort },
      ready: { url: `${internalUrl}/health` },
    },
    (line) => lines.push(line),
  );
  return {
    ...server,
    internalUrl,
    url: `http://127.0.0.1:${port}`,
    output: () => lines.join('\n'),
  };
}
