/**
 * The E-model of ITU-T G.107 (06/2015), reduced to what a WebRTC call can measure:
 *
 *   R = 93.2 - Idd(one-way delay) - Ie,eff(loss)
 *
 * All other parameters have the Recommendation's defaults. Browsers cancel echo, so Idte and Idle
 * are 0. The E-model was made for planning narrowband telephony: it ranks connections well, and
 * does not measure them.
 */

/** R without impairment by delay or loss: Ro - Is at all defaults of G.107 (06/2015). */
export const R_DEFAULT = 93.2;

/**
 * G.113 has no values for Opus. G.711 with the loss concealment of its Appendix I stands in:
 * Appendix I of ITU-T G.113 (11/2007) gives it Ie = 0 and Bpl = 25.1. Opus conceals loss no worse.
 */
const OPUS_STAND_IN = { ie: 0, bpl: 25.1 } as const;

/**
 * Delay missing from the statistics: a frame of 20 ms and Opus' look-ahead of 6.5 ms (RFC 6716,
 * section 2).
 */
export const CODEC_DELAY_MS = 26.5;

/**
 * A jitter buffer holds about twice the mean deviation, as RFC 3550 reports it, so that few packets
 * come too late.
 */
const JITTER_BUFFER_FACTOR = 2;

/** mT at its default: less delay does not impair a conversation. */
const UNNOTICED_DELAY_MS = 100;

/**
 * The impairment by absolute delay, Idd.
 * @param oneWayMs mouth to ear, in milliseconds.
 * @see ITU-T G.107 (06/2015), 7.4, equations 7-27 and 7-28, at the default delay sensitivity (sT =
 * 1).
 */
export function delayImpairment(oneWayMs: number): number {
  if (oneWayMs <= UNNOTICED_DELAY_MS) return 0;
  const x = Math.log2(oneWayMs / UNNOTICED_DELAY_MS);
  return 25 * ((1 + x ** 6) ** (1 / 6) - 3 * (1 + (x / 3) ** 6) ** (1 / 6) + 2);
}

/**
 * The effective equipment impairment, Ie,eff, under random loss (BurstR = 1).
 * @param lossPercent of the interval, 0..100.
 * @see ITU-T G.107 (06/2015), 7.5, equation 7-29.
 */
export function lossImpairment(lossPercent: number): number {
  const { ie, bpl } = OPUS_STAND_IN;
  return ie + (95 - ie) * (lossPercent / (lossPercent + bpl));
}

/**
 * Converts a rating factor to a mean opinion score (MOS-CQE), 1..4.5.
 * @see ITU-T G.107 (06/2015), Annex B, equation B-4. Below R = 6.5 its polynomial dips under 1, the
 * lowest score.
 */
export function toMos(r: number): number {
  if (r <= 0) return 1;
  if (r >= 100) return 4.5;
  return Math.max(1, 1 + 0.035 * r + r * (r - 60) * (100 - r) * 7e-6);
}

export interface AudioPath {
  /** The reporter's round trip to LiveKit, in milliseconds. */
  roundTripMs: number;
  /** The other end's round trip to LiveKit, in milliseconds; null if unknown. */
  otherRoundTripMs: number | null;
  jitterMs: number;
  /** Of the interval, 0..100. */
  lossPercent: number;
}

/**
 * Estimates the delay from mouth to ear, in milliseconds: half of each end's round trip, the jitter
 * buffer and the codec. An unknown other end counts as far away as the reporter.
 */
export function estimateOneWayDelayMs({
  roundTripMs,
  otherRoundTripMs,
  jitterMs,
}: AudioPath): number {
  return (
    roundTripMs / 2 +
    (otherRoundTripMs ?? roundTripMs) / 2 +
    JITTER_BUFFER_FACTOR * jitterMs +
    CODEC_DELAY_MS
  );
}

/** Computes the rating factor R of a path, 0..93.2. */
export function ratePath(path: AudioPath): number {
  return Math.max(
    0,
    R_DEFAULT - delayImpairment(estimateOneWayDelayMs(path)) - lossImpairment(path.lossPercent),
  );
}
