import { join } from 'node:path';
import { type Server, startServer } from './server.ts';

/** The example host app. */
export interface WebApp extends Server {
  readonly url: string;
  /** Everything that it has printed so far. */
  output(): string;
}

const MAIN = join(import.meta.dirname, '..', 'examples', 'web', 'src', 'main.ts');

export async function startWebApp(options: {
  address: string;
  port: number;
  ringlineUrl: string;
  env: Record<string, string>;
}): Promise<WebApp> {
  const url = `http://${options.address}:${options.port}`;
  const lines: string[] = [];
  const server = await startServer(
    {
      name: 'example-web',
      command: [process.execPath, MAIN],
      env: {
        ...options.env,
        NODE_OPTIONS: '',
        EXAMPLE_WEB_PORT: String(options.port),
        RINGLINE_URL: options.ringlineUrl,
      },
      ready: { url: `${url}/health` },
    },
    (line) => lines.push(line),
  );
  return { ...server, url, output: () => lines.join('\n') };
}
