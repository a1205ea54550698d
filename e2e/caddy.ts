import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '@ringline/testing/ports';
import { startServer } from '@ringline/testing/server';
import type { Stack } from './stack.ts';

const CADDYFILE = join(import.meta.dirname, '..', 'docker', 'Caddyfile');

export interface Caddy {
  readonly url: string;
  /** All that it printed so far, its access log included. */
  output(): string;
  stop(): Promise<void>;
}

/** One or several of each. */
export interface BehindCaddy extends Pick<Stack, 'replicas'> {
  readonly callService: Stack['callService'];
  readonly livekit: Pick<Stack['livekit'], 'url'>;
}

export interface CaddyOptions {
  /** Who is asked before anyone gets into LiveKit; the stack's own call services if not given. */
  readonly guard?: string;
  /** Without TLS on a port of this machine, unless another site is named. */
  readonly site?: (port: number) => string;
}

/** As a Caddyfile lists them. */
function hostsOf(...urls: string[]): string {
  return urls.map((url) => new URL(url).host).join(' ');
}

/** The Caddy of docker-compose.yml, with our Caddyfile as it is, in front of a stack. */
export async function startCaddy(stack: BehindCaddy, options: CaddyOptions = {}): Promise<Caddy> {
  const callServices = [stack.callService, ...stack.replicas];
  const { guard, site = (port) => `http://127.0.0.1:${port}` } = options;
  const home = await mkdtemp(join(tmpdir(), 'ringline-caddy-'));
  const url = site(await freePort());
  const lines: string[] = [];
  const server = await startServer(
    {
      name: 'caddy',
      command: ['caddy', 'run', '--adapter', 'caddyfile', '--config', CADDYFILE],
      env: {
        HOME: home,
        XDG_DATA_HOME: home,
        XDG_CONFIG_HOME: home,
        RINGLINE_DOMAIN: url,
        CALL_SERVICE: hostsOf(...callServices.map(({ url }) => url)),
        JOIN_GUARD: guard ? hostsOf(guard) : hostsOf(...callServices.map((one) => one.internalUrl)),
        LIVEKIT: hostsOf(stack.livekit.url),
      },
      ready: { line: 'serving initial configuration' },
    },
    (line) => lines.push(line),
  );
  return {
    url,
    output: () => lines.join('\n'),
    stop: async () => {
      await server.stop();
      await rm(home, { recursive: true, force: true });
    },
  };
}
