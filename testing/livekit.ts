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
  /** With a Redis, rooms outlive a restart. */
  readonly redisUrl: string;
  /** Where LiveKit sends its webhooks. It cannot be changed later. */
  readonly webhookUrl?: string;
  /** The address at which clients reach it; by default loopback. */
  readonly address?: string;
  /** Nodes that share a Redis must share their keys; by default new ones are made. */
  readonly keys?: LiveKitKeys;
}

export type LiveKitKeys = Pick<LiveKitServer, 'apiKey' | 'apiSecret'>;

export function makeLiveKitKeys(): LiveKitKeys {
  return {
    apiKey: 'testkey',
    apiSecret: randomBytes(32).toString('base64url'),
  };
}

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
