import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '@ringline/testing/ports';
import { startServer } from '@ringline/testing/server';
import type { Stack } from './stack.ts';

const CADDYFILE = join(import.meta.dirname, '..', 'docker', 'Caddyfile');

export interface Caddy {
  readonly url: string;
  /** Everything that it has printed so far, with its access log. */
  output(): string;
  stop(): Promise<void>;
}

/** One server of each kind, or several. */
export interface BehindCaddy extends Pick<Stack, 'replicas'> {
  readonly callService: Stack['callService'];
  readonly livekit: Pick<Stack['livekit'], 'url'>;
}

export interface CaddyOptions {
  /** The join guard; by default the stack's call services. */
  readonly guard?: string;
  /** The site's address; by default a local port without TLS. */
  readonly site?: (port: number) => string;
}

/** Lists hosts as a Caddyfile does. */
function listHosts(...urls: string[]): string {
  return urls.map((url) => new URL(url).host).join(' ');
}

/** Starts Caddy with our unchanged Caddyfile, in front of a stack. */
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
        CALL_SERVICE: listHosts(...callServices.map(({ url }) => url)),
        JOIN_GUARD: guard
          ? listHosts(guard)
          : listHosts(...callServices.map((one) => one.internalUrl)),
        LIVEKIT: listHosts(stack.livekit.url),
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
