// Preloaded into a process of ours: its wall clock is CLOCK_SHIFT_MS ahead, or behind if that is negative. It shifts
// what JavaScript reads, by `Date` alone; timers run by another clock, in a process as well as on a machine that is off.
const shiftMs = Number(process.env.CLOCK_SHIFT_MS);
const RealDate = Date;

globalThis.Date = class extends RealDate {
  constructor(...given) {
    if (given.length === 0) super(RealDate.now() + shiftMs);
    else super(...given);
  }
  static now() {
    return RealDate.now() + shiftMs;
  }
};
