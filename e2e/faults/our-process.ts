import { freePort } from '@ringline/testing/ports';
import { type Service, startService } from '@ringline/testing/service';

export type Kind = 'call-service' | 'cleanup-worker' | 'quality-ingester';

/** One of our processes, which faults stop and restart. */
export interface OurProcess {
  /** `call-service-1` */
  readonly name: string;
  readonly kind: Kind;
  readonly url: string;
  readonly port: number;
  pid(): number;
  /** False only if it ended by itself. */
  isAsItShouldBe(): boolean;
  /** Everything that it has printed since its first start. */
  lines(): string[];
  /**
   * Megabytes in use after the latest garbage collection since its start; null before the first.
   */
  liveMegabytes(): number | null;
  /** `kill -9` */
  kill(): Promise<void>;
  /** Sends SIGTERM, and waits for its end. */
  stop(): Promise<void>;
  freeze(): void;
  thaw(): void;
  /**
   * Starts it after `kill` or `stop`. Until its end, its clock is `clockShiftMs` ahead, or behind
   * if negative.
   */
  start(clockShiftMs?: number): Promise<void>;
}

const MEGABYTE = 1024 * 1024;
const LIVE_MEMORY = new URL('./live-memory.mjs', import.meta.url).href;
const SHIFTED_CLOCK = new URL('./shifted-clock.mjs', import.meta.url).href;

/** For a process that prints its memory use, and whose clock may be shifted. */
function makeEnvironment(clockShiftMs: number): Record<string, string> {
  if (clockShiftMs === 0) return { NODE_OPTIONS: `--import=${LIVE_MEMORY}` };
  return {
    NODE_OPTIONS: `--import=${LIVE_MEMORY} --import=${SHIFTED_CLOCK}`,
    CLOCK_SHIFT_MS: String(clockShiftMs),
  };
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
  const launch = (clockShiftMs = 0): Promise<Service> =>
    startService(kind, { ...fixed, ...makeEnvironment(clockShiftMs) }, root);
  let service = await launch();
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
    liveMegabytes: () => {
      const told = [...service.output().matchAll(/^live memory: (\d+)$/gm)].at(-1)?.[1];
      return told === undefined ? null : Number(told) / MEGABYTE;
    },
    kill: () => end('kill'),
    stop: async () => {
      if (isRunning(service.pid())) process.kill(service.pid(), 'SIGCONT');
      await end('stop');
    },
    freeze: () => process.kill(service.pid(), 'SIGSTOP'),
    thaw: () => process.kill(service.pid(), 'SIGCONT'),
    start: async (clockShiftMs) => {
      past.push(...service.output().split('\n'));
      service = await launch(clockShiftMs);
      shouldRun = true;
    },
  };
}
