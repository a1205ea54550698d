import { Writable } from 'node:stream';
import { startCallService } from '@ringline/call-service';
import { createLogger, createMetrics, loadConfig, type Metrics } from '@ringline/platform';
import { freePort } from '@ringline/testing/ports';
import type { Pool } from 'pg';
import { type CallService, type Place, startServers } from './servers.ts';

export interface Replica extends CallService {
  metrics: Metrics;
  close(): Promise<void>;
}

/** Servers with call services in this very process. */
export interface Stack extends Place {
  /** The call services, the one that LiveKit reports to first. */
  replicas: [Replica, ...Replica[]];
  /**
   * Starts one more call service on the same database, with this configuration instead of the usual
   * one.
   */
  startReplica(env: Record<string, string>): Promise<Replica>;
  /**
   * All rows that a command may write, to see whether one did; without the calls of users whose
   * devices were closed.
   */
  contents(): Promise<unknown>;
  /** The whole log, at the most verbose level. */
  log(): string;
  /** Finds the log entry of a refused request, at any level. */
  refusalOf(requestId: string): Record<string, unknown> | undefined;
  close(): Promise<void>;
}

export interface StackOptions {
  replicas?: number;
  env?: Record<string, string>;
  /** LiveKit's own webhooks disturb tests that post some themselves. */
  webhooks?: boolean;
}

/**
 * Each with the column that names the call. Without the outbox, which is cleared a moment after
 * each answer.
 */
const TABLES = {
  calls: 'id',
  call_participants: 'call_id',
  call_invitations: 'call_id',
  call_events: 'call_id',
  idempotency_keys: 'call_id',
  livekit_reports: 'call_id',
};

async function contentsOf(database: Pool, forgotten: ReadonlySet<string>): Promise<unknown> {
  const rows = Object.entries(TABLES).map(
    ([table, callId]) => `'${table}', (
      SELECT json_agg(${table} ORDER BY ${table}::text) FROM ${table}
      WHERE ${callId} NOT IN (SELECT id FROM calls WHERE initiator_id = ANY ($1))
    )`,
  );
  const answer = await database.query(`SELECT json_build_object(${rows.join(', ')}) AS contents`, [
    [...forgotten],
  ]);
  return answer.rows[0].contents;
}

async function startReplica(env: Record<string, string>, log: Writable): Promise<Replica> {
  const config = loadConfig('call-service', env);
  const logger = createLogger({
    service: 'call-service',
    level: 'debug',
    production: true,
    destination: log,
  });
  const metrics = createMetrics();
  let draining = false;
  const running = await startCallService({ config, logger, metrics, draining: () => draining });
  return {
    url: `http://127.0.0.1:${running.port}`,
    internalUrl: `http://127.0.0.1:${running.internalPort}`,
    metrics,
    close: async () => {
      if (draining) return;
      draining = true;
      for (const part of running.parts) await part.close();
    },
  };
}

export async function startStack(options: StackOptions = {}): Promise<Stack> {
  const port = await freePort();
  const webhookUrl = `http://127.0.0.1:${port}/webhooks/livekit`;
  const servers = await startServers(options.webhooks ? webhookUrl : undefined);
  const lines: string[] = [];
  const log = new Writable({
    write: (chunk, _encoding, done) => {
      lines.push(String(chunk));
      done();
    },
  });
  const replicas: Replica[] = [];
  const start = async (env: Record<string, string>) => {
    const replica = await startReplica(
      {
        ...servers.env,
        PORT: String(await freePort()),
        INTERNAL_PORT: String(await freePort()),
        ...options.env,
        ...env,
      },
      log,
    );
    replicas.push(replica);
    return replica;
  };
  const first = await start({ PORT: String(port) });
  for (let more = 1; more < (options.replicas ?? 1); more += 1) await start({});
  return {
    ...servers,
    replicas: [first, ...replicas.slice(1)],
    startReplica: start,
    contents: () => contentsOf(servers.database, servers.forgotten),
    log: () => lines.join(''),
    refusalOf: (requestId) =>
      lines
        .join('')
        .split('\n')
        .filter((line) => line.includes(requestId))
        .map((line) => JSON.parse(line))
        .find(({ message }) => message === 'a client was refused'),
    close: async () => {
      await Promise.all(replicas.map((replica) => replica.close()));
      await servers.stop();
    },
  };
}
