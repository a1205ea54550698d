import { type Service, startService } from '@ringline/testing/service';
import { type Place, startServers } from './servers.ts';

/** Call services that run as processes, as in production. */
export interface Processes extends Place {
  replicas: readonly [Service, ...Service[]];
  /** Everything they printed. */
  output(): string;
  close(): Promise<void>;
}

export async function startProcesses(
  count: number,
  env: Record<string, string> = {},
): Promise<Processes> {
  const servers = await startServers();
  const start = () => startService('call-service', { ...servers.env, ...env });
  const services = await Promise.all([start(), ...Array.from({ length: count - 1 }, start)]);
  return {
    ...servers,
    replicas: services,
    output: () => services.map((service) => service.output()).join('\n'),
    close: async () => {
      await Promise.all(services.map((service) => service.stop()));
      await servers.stop();
    },
  };
}
