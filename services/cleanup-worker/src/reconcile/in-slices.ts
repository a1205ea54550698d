/** So many requests to LiveKit at a time. */
const AT_ONCE = 16;

/** Slice after slice, so that a thousand rooms are no thousand requests at once. */
export const inSlices = async <Item>(
  items: readonly Item[],
  work: (slice: readonly Item[]) => Promise<void>,
): Promise<void> => {
  for (let start = 0; start < items.length; start += AT_ONCE) {
    await work(items.slice(start, start + AT_ONCE));
  }
};
