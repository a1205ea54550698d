/**
 * Calls back when the network returns or the page becomes visible: reasons to reconnect at once,
 * since the timers of a hidden page may be minutes late. Returns the function that ends it.
 */
export function onResume(callback: () => void): () => void {
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
