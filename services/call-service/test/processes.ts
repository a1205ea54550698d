import { type Service, startService } from '@ringline/testing/service';
import { type Place, type Servers, startServers } from './servers.ts';

/** Call services that are processes of their own, as in production. */
export interface Processes extends Place {
  /** All that they printed. */
  output(): string;
  close(): Promise<void>;
}

async function startAll({ env }: Servers, count: number): Promise<[Service, ...Service[]]> {
  const services = await Promise.all(
    Array.from({ length: count }, () => startService('call-service', env)),
  );
  const [first, ...others] = services;
  if (first === undefined) throw new Error('no process was asked for');
  return [first, ...others];
}

export async function startProcesses(count: number): Promise<Processes> {
  const servers = await startServers();
  const services = await startAll(servers, count);
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
