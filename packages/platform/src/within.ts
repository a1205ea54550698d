export class TimedOut extends Error {
  override readonly name = 'TimedOut';
}

/** Settles as `work` does, or rejects with `TimedOut`. The work itself is not stopped. */
export async function within<T>(milliseconds: number, work: Promise<T>): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => reject(new TimedOut(`Took longer than ${Math.round(milliseconds)} ms.`)),
    milliseconds,
  );
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
