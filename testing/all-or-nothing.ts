interface Stoppable {
  stop(): Promise<unknown>;
}

/** Registers how to stop something that has just been started. */
export type OnStarted = (stop: () => Promise<unknown>) => void;

/**
 * Starts several things, all of them or none: if one fails, those before it are stopped, the last
 * one first.
 * @returns what `start` resolves to, and `stop`, which stops everything in that same order. Safe to
 * call again.
 */
export async function startAllOrNothing<Started extends object>(
  start: (onStarted: OnStarted) => Promise<Started>,
): Promise<Started & { stop(): Promise<void> }> {
  const stops: (() => Promise<unknown>)[] = [];
  const stop = async (): Promise<void> => {
    for (const stopOne of stops.splice(0).reverse()) await stopOne();
  };
  try {
    return { ...(await start((stopOne) => stops.push(stopOne))), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Waits for several that start at the same time, and registers that they stop at the same time. */
export function startTogether<const Starting extends readonly Promise<Stoppable>[]>(
  onStarted: OnStarted,
  starting: Starting,
) {
  onStarted(async () => {
    const settled = await Promise.allSettled(starting);
    await Promise.all(settled.map((one) => one.status === 'fulfilled' && one.value.stop()));
  });
  return Promise.all(starting);
}
