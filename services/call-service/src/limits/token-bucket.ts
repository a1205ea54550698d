export interface TokenRate {
  perSecond: number;
  /** The most that may be spent at once. */
  burst: number;
}

/** Refills by `perSecond` up to `burst`. */
export interface TokenBucket {
  /** Negative if more was spent than was left. */
  left(): number;
  spend(amount: number): void;
  /** The time until this much is left. */
  secondsUntil(amount: number): number;
}

export function createTokenBucket({ perSecond, burst }: TokenRate): TokenBucket {
  let tokens = burst;
  let countedAt = performance.now();

  function left(): number {
    const now = performance.now();
    tokens = Math.min(burst, tokens + ((now - countedAt) / 1000) * perSecond);
    countedAt = now;
    return tokens;
  }

  return {
    left,
    spend(amount) {
      tokens = left() - amount;
    },
    secondsUntil: (amount) => Math.max(1, Math.ceil((amount - left()) / perSecond)),
  };
}
