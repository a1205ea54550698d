import { startTcpProxy } from './tcp-proxy.ts';

/** The way of a client to a service, which fails as ways over mobile networks do: without a word to either end. */
export interface Line {
  /** The service's URL by way of this line. */
  readonly url: string;
  /** Nothing comes through either way, on connections that there are, for ever, and on new ones until `mend`. */
  cut(): void;
  /** What the client says comes through, and no answer, on connections that there are, for ever, and on new ones until `mend`. */
  loseAnswers(): void;
  /** From now on each answer takes so much longer. */
  delayAnswers(ms: number): void;
  mend(): void;
  close(): Promise<void>;
}

export async function startLine(to: string): Promise<Line> {
  const silenced = new Set<() => void>();
  let [isHeard, isAnswered, delayMs] = [true, true, 0];

  const proxy = await startTcpProxy(to, (client, service) => {
    let [passesOn, passesBack] = [isHeard, isAnswered];
    const look = (): void => {
      passesOn &&= isHeard;
      passesBack &&= isAnswered;
    };
    silenced.add(look);
    client.on('data', (bytes) => passesOn && service.write(bytes));
    service.on('data', (bytes) => {
      setTimeout(() => passesBack && !client.destroyed && client.write(bytes), delayMs);
    });
    client.on('close', () => {
      silenced.delete(look);
      service.destroy();
    });
    service.on('close', () => passesBack && client.destroy());
  });

  const set = (heard: boolean, answered: boolean): void => {
    [isHeard, isAnswered] = [heard, answered];
    for (const look of silenced) look();
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
