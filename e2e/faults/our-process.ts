import { freePort } from '@ringline/testing/ports';
import { type Service, startService } from '@ringline/testing/service';

export type Kind = 'call-service' | 'cleanup-worker' | 'quality-ingester';

/** One of our processes, which a fault may end and start again. */
export interface OurProcess {
  /** `call-service-1` */
  readonly name: string;
  readonly kind: Kind;
  readonly url: string;
  readonly port: number;
  pid(): number;
  /** False only where it ended without our doing. */
  isAsItShouldBe(): boolean;
  /** All that it printed, over all its lives. */
  lines(): string[];
  /** `kill -9` */
  kill(): Promise<void>;
  /** SIGTERM, and waits for its end. */
  stop(): Promise<void>;
  freeze(): void;
  thaw(): void;
  /** After `kill` or `stop`; `env` is added for this life alone. */
  start(env?: Record<string, string>): Promise<void>;
}

export function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

export async function startOurProcess(
  kind: Kind,
  index: number,
  env: Record<string, string>,
  root?: string,
): Promise<OurProcess> {
  const port = await freePort();
  const fixed = { ...env, PORT: String(port), INTERNAL_PORT: String(await freePort()) };
  const past: string[] = [];
  let service: Service = await startService(kind, fixed, root);
  let shouldRun = true;

  const end = async (how: 'kill' | 'stop') => {
    shouldRun = false;
    await service[how]();
  };
  return {
    name: `${kind}-${index}`,
    kind,
    port,
    url: service.url,
    pid: () => service.pid(),
    isAsItShouldBe: () => !shouldRun || isRunning(service.pid()),
    lines: () => [...past, ...service.output().split('\n')],
    kill: () => end('kill'),
    stop: async () => {
      if (isRunning(service.pid())) process.kill(service.pid(), 'SIGCONT');
      await end('stop');
    },
    freeze: () => process.kill(service.pid(), 'SIGSTOP'),
    thaw: () => process.kill(service.pid(), 'SIGCONT'),
    start: async (more = {}) => {
      past.push(...service.output().split('\n'));
      service = await startService(kind, { ...fixed, ...more }, root);
      shouldRun = true;
    },
  };
}
