import { join } from 'node:path';
import { freePort } from './ports.ts';
import { type Server, startServer } from './server.ts';

export interface Service extends Server {
  /** For clients; only the call service listens there. */
  readonly url: string;
  /** For `/health`, `/ready` and metrics. */
  readonly internalUrl: string;
  /** Everything that it has printed so far. */
  output(): string;
}

const HERE = join(import.meta.dirname, '..');

/**
 * Runs `services/<name>` as a process, on free ports unless `env` names them. Resolves when it is
 * healthy.
 * @param root the folder of the release to run; by default this one.
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
