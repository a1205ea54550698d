import { randomBytes } from 'node:crypto';
import { findLiveKit, liveKitProgram } from '../scripts/stack/livekit.ts';
import { freePort } from './ports.ts';
import { provided, type Server, startServer } from './server.ts';

export interface LiveKitServer extends Server {
  /** For LIVEKIT_URL. */
  readonly url: string;
  /** For LIVEKIT_PUBLIC_URL and for clients. */
  readonly publicUrl: string;
  readonly apiKey: string;
  readonly apiSecret: string;
}

export interface LiveKitServerOptions {
  /** Its own Redis: with it, rooms outlive a restart. */
  readonly redisUrl: string;
  /** Where it reports to; LiveKit must know it from its start on. */
  readonly webhookUrl?: string;
  /** Where clients reach it; by default on loopback. */
  readonly address?: string;
  /** Nodes that share a Redis share these, too; by default it makes its own. */
  readonly keys?: LiveKitKeys;
}

export type LiveKitKeys = Pick<LiveKitServer, 'apiKey' | 'apiSecret'>;

export function makeLiveKitKeys(): LiveKitKeys {
  return {
    apiKey: 'testkey',
    apiSecret: randomBytes(32).toString('base64url'),
  };
}

/** A LiveKit of one's own. */
export async function startLiveKit({
  keys = makeLiveKitKeys(),
  ...options
}: LiveKitServerOptions): Promise<LiveKitServer> {
  const [http, tcp, udp] = [await freePort(), await freePort(), await freePort()];
  const executable = provided('livekit-server', findLiveKit());
  const server = await startServer(
    liveKitProgram({ executable, ports: { http, tcp, udp }, ...keys, ...options }),
  );
  return {
    ...server,
    ...keys,
    url: `http://127.0.0.1:${http}`,
    publicUrl: `ws://${options.address ?? '127.0.0.1'}:${http}`,
  };
}
