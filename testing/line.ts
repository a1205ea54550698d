import { startTcpProxy } from './tcp-proxy.ts';

/** A client's connection to a service, which fails as mobile networks do: neither end is told. */
export interface Line {
  /** The service's URL through this line. */
  readonly url: string;
  /** Drops everything, both ways: on open connections for ever, on new ones until `mend`. */
  cut(): void;
  /** Drops what the service sends: on open connections for ever, on new ones until `mend`. */
  loseAnswers(): void;
  /** Delays everything that the service sends from now on. */
  delayAnswers(ms: number): void;
  mend(): void;
  close(): Promise<void>;
}

export async function startLine(to: string): Promise<Line> {
  const connections = new Set<() => void>();
  let [sends, receives, delayMs] = [true, true, 0];

  const proxy = await startTcpProxy(to, (client, service) => {
    let [passesOn, passesBack] = [sends, receives];
    const update = (): void => {
      passesOn &&= sends;
      passesBack &&= receives;
    };
    connections.add(update);
    client.on('data', (bytes) => passesOn && service.write(bytes));
    service.on('data', (bytes) => {
      setTimeout(() => passesBack && !client.destroyed && client.write(bytes), delayMs);
    });
    client.on('close', () => {
      connections.delete(update);
      service.destroy();
    });
    service.on('close', () => passesBack && client.destroy());
  });

  const set = (toService: boolean, toClient: boolean): void => {
    [sends, receives] = [toService, toClient];
    for (const update of connections) update();
  };
  return {
    url: proxy.url,
    cut: () => set(false, false),
    loseAnswers: () => set(true, false),
    delayAnswers: (ms) => {
      delayMs = ms;
    },
    mend: () => {
      delayMs = 0;
      set(true, true);
    },
    close: proxy.close,
  };
}
