/**
 * Rejects with `tooLate()` where `work` takes longer than `limitMs`. The work itself goes on,
 * unobserved.
 */
export function withTimeout<Value>(
  limitMs: number,
  work: PromiseLike<Value>,
  tooLate: () => Error,
): Promise<Value> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(tooLate()), limitMs);
    const stop = () => clearTimeout(timer);
    work.then(
      (value) => {
        stop();
        resolve(value);
      },
      (error: unknown) => {
        stop();
        reject(error);
      },
    );
  });
}

/**
 * Runs `act` with a signal that is aborted after `limitMs`, or together with `parent`. Browsers
 * before 2024 have neither `AbortSignal.any` nor `AbortSignal.timeout`.
 */
export async function withAbortTimeout<Value>(
  limitMs: number,
  parent: AbortSignal,
  act: (signal: AbortSignal) => Promise<Value>,
): Promise<Value> {
  const controller = new AbortController();
  const abort = () => controller.abort();
  const timer = setTimeout(abort, limitMs);
  parent.addEventListener('abort', abort);
  if (parent.aborted) abort();
  try {
    return await act(controller.signal);
  } finally {
    clearTimeout(timer);
    parent.removeEventListener('abort', abort);
  }
}
