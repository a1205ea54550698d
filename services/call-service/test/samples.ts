/** What a client reports of an ordinary line, or with what is given here otherwise. */
export const sample = (more: Record<string, unknown> = {}): Record<string, unknown> => ({
  at: new Date().toISOString(),
  jitterMs: 3,
  packetLossPercent: 0.5,
  roundTripMs: 45,
  ...more,
});

export const samples = (count: number): Record<string, unknown>[] =>
  Array.from({ length: count }, () => sample());
