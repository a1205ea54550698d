/**
 * Calls back when a reason to try again at once turns up: the network is back, the person looks at the
 * page again. Timers of a hidden page may be minutes late. Returns the function that ends it.
 */
export function onWake(callback: () => void): () => void {
  const target: Partial<Pick<Window, 'addEventListener' | 'removeEventListener'>> = globalThis;
  const page = globalThis.document as Document | undefined;
  const whenVisible = () => {
    if (page?.visibilityState === 'visible') callback();
  };
  target.addEventListener?.('online', callback);
  page?.addEventListener('visibilitychange', whenVisible);
  return () => {
    target.removeEventListener?.('online', callback);
    page?.removeEventListener('visibilitychange', whenVisible);
  };
}
