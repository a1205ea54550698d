/** A client's report of an ordinary stream, except for the given fields. */
export function sample(more: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    at: new Date().toISOString(),
    jitterMs: 3,
    packetLossPercent: 0.5,
    roundTripMs: 45,
    ...more,
  };
}

export function samples(count: number): Record<string, unknown>[] {
  return Array.from({ length: count }, () => sample());
}
