// Preloaded into our processes: shifts the wall clock by CLOCK_SHIFT_MS. It changes only `Date`;
// timers use another clock, as on a machine whose clock is wrong.
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
