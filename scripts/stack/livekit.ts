import { homedir } from 'node:os';
import { join } from 'node:path';
import { parseRedisUrl } from '@ringline/platform';
import type { Say } from './debian.ts';
import { isExecutable, onPath } from './executable.ts';
import { buildLiveKit, LIVEKIT_VERSION } from './livekit-build.ts';
import type { Program } from './program.ts';

const LOOPBACK = '127.0.0.1';

export function findLiveKit(): string | undefined {
  const cached = cachedLiveKit();
  return onPath('livekit-server') ?? (isExecutable(cached) ? cached : undefined);
}

/**
 * Finds LiveKit's server on the PATH or in the user's cache, or builds it into the cache, which
 * takes minutes.
 * @throws Error with one line that names the ways to get one.
 */
export async function provideLiveKit(say: Say): Promise<string> {
  const found = findLiveKit();
  if (found) return found;
  const go = onPath('go');
  if (go) return buildLiveKit({ go, target: cachedLiveKit(), say });
  throw new Error(
    'No LiveKit: set LIVEKIT_URL, LIVEKIT_API_KEY and LIVEKIT_API_SECRET, ' +
      `or put livekit-server ${LIVEKIT_VERSION} on the PATH, or install Go 1.26 to have it built.`,
  );
}

function cachedLiveKit(): string {
  const cache = process.env.XDG_CACHE_HOME || join(homedir(), '.cache');
  return join(cache, 'ringline', `livekit-server-${LIVEKIT_VERSION}`);
}

export interface LiveKitOptions {
  readonly executable: string;
  readonly ports: { readonly http: number; readonly tcp: number; readonly udp: number };
  readonly apiKey: string;
  readonly apiSecret: string;
  /** One node, or several of a cluster, separated by commas. */
  readonly redisUrl: string;
  readonly webhookUrl?: string;
  /** The address at which clients reach it; by default loopback. */
  readonly address?: string;
}

export function liveKitProgram(options: LiveKitOptions): Program {
  return {
    name: 'livekit',
    command: [options.executable],
    // JSON is YAML. In the environment, the secrets are in no file and not in the list of
    // processes.
    env: { LIVEKIT_CONFIG: JSON.stringify(makeConfiguration(options)) },
    ready: { url: `http://127.0.0.1:${options.ports.http}/` },
    // With participants in its rooms, or right after its start, it stops only at the second signal.
    insistAfterMs: 500,
  };
}

function makeConfiguration(options: LiveKitOptions): object {
  const { ports, apiKey, apiSecret, redisUrl, webhookUrl, address = LOOPBACK } = options;
  return {
    port: ports.http,
    bind_addresses: [...new Set([LOOPBACK, address])],
    rtc: {
      node_ip: address,
      use_external_ip: false,
      udp_port: ports.udp,
      tcp_port: ports.tcp,
      enable_loopback_candidate: true,
      ips: { includes: [`${address}/32`] },
      stun_servers: ['127.0.0.1:3478'], // without one, LiveKit gives clients public ones
      // Video that restarts waits for a key frame, which LiveKit otherwise requests once a second
      // at most.
      pli_throttle: { low_quality: '300ms', mid_quality: '300ms', high_quality: '500ms' },
    },
    keys: { [apiKey]: apiSecret },
    room: { auto_create: false, empty_timeout: 60, departure_timeout: 20 },
    // A user's id is the identity: 128 characters of up to four bytes.
    limit: { max_participant_identity_length: 512 },
    // Asks the node of a room for its participants: Redis knows too few after a loss of data, too
    // many after a crash.
    api: { enable_psrpc_for_get_list_participants: true },
    // How soon a Redis that has lost its data knows the nodes again. Until then, no one can join or
    // be removed. It must be more than a second: LiveKit stamps its reports with whole seconds, and
    // drops those that are older than this.
    node_stats: { stats_update_interval: '1250ms' },
    redis: toRedisOptions(redisUrl),
    ...(webhookUrl && { webhook: { api_key: apiKey, urls: [webhookUrl] } }),
  };
}

function toRedisOptions(url: string): object {
  const redis = parseRedisUrl(url);
  if (!redis) throw new Error(`REDIS_URL is not the address of a Redis`);
  const addresses = redis.nodes.map(({ host, port }) => `${host}:${port}`);
  return {
    ...(redis.cluster ? { cluster_addresses: addresses } : { address: addresses[0] }),
    ...(redis.username && { username: redis.username }),
    ...(redis.password && { password: redis.password }),
    ...(redis.database && { db: redis.database }),
    ...(redis.tls && { tls: { enabled: true } }),
  };
}
