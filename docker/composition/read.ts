import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { provided } from '@ringline/testing/server';
import { findComposeReader } from '../../scripts/stack/deployment-tools.ts';

/** One service of docker-compose.yml: the part of the format that we use. */
export interface Service {
  readonly image: string;
  readonly build?: object;
  readonly entrypoint: readonly string[] | null;
  readonly command: readonly string[] | null;
  readonly environment?: Readonly<Record<string, string>>;
  /** Already merged into `environment`. */
  readonly env_file?: object;
  readonly user?: string;
  readonly init?: boolean;
  readonly networks?: Readonly<Record<string, null>>;
  readonly network_mode?: 'host';
  readonly ports?: readonly Port[];
  readonly volumes?: readonly Volume[];
  readonly tmpfs?: readonly string[];
  readonly shm_size?: string;
  readonly read_only: boolean;
  readonly cap_drop: readonly string[];
  readonly cap_add?: readonly string[];
  readonly security_opt: readonly string[];
  readonly restart: string;
  readonly stop_grace_period?: string;
  readonly healthcheck: { disable?: boolean; test?: readonly string[]; timeout?: string };
  readonly deploy: { resources: { limits: { cpus: number; memory: string; pids: number } } };
  readonly logging: { driver: string; options: Readonly<Record<string, string>> };
  readonly depends_on?: Readonly<Record<string, { condition: Condition }>>;
}

interface Port {
  readonly target: number;
  readonly published: string;
  readonly protocol: string;
  readonly host_ip?: string;
}

interface Volume {
  readonly type: 'bind' | 'volume';
  readonly source: string;
  readonly target: string;
  readonly read_only?: boolean;
}

export interface Network {
  readonly name: string;
  readonly internal?: boolean;
  readonly ipam: { readonly config?: readonly { readonly subnet: string }[] };
}

export type Condition = 'service_started' | 'service_healthy' | 'service_completed_successfully';

export interface Composition {
  readonly name: string;
  readonly services: Readonly<Record<string, Service>>;
  readonly networks: Readonly<Record<string, Network>>;
  readonly volumes: Readonly<Record<string, { name: string }>>;
}

/**
 * Reads the docker-compose.yml of a folder as Docker Compose does, with the values of the .env
 * beside it.
 */
export function readComposition(folder: string): Composition {
  const reader = provided('parser of docker-compose.yml', findComposeReader());
  const file = join(folder, 'docker-compose.yml');
  const read = spawnSync(reader, [file], { cwd: folder, env: {}, encoding: 'utf8' });
  if (read.status !== 0) throw new Error(read.stderr);
  return JSON.parse(read.stdout);
}
