/**
 * The E-model of ITU-T G.107 (06/2015), reduced to what a WebRTC call can measure:
 *
 *   R = 93.2 - Idd(one-way delay) - Ie,eff(loss)
 *
 * Everything else has the Recommendation's default, and echo is left to the browsers' cancellers (Idte and
 * Idle are 0). It is a model for planning narrowband telephony: it ranks lines well, and is no measurement.
 */

/** R without impairment by delay or loss: Ro - Is at all defaults of G.107 (06/2015). */
export const R_DEFAULT = 93.2;

/**
 * G.113 tabulates no Opus. A named stand-in: G.711 with the loss concealment of its Appendix I, which
 * Appendix I of ITU-T G.113 (11/2007) gives Ie = 0 and Bpl = 25.1. Opus conceals loss no worse.
 */
const OPUS_STAND_IN = { ie: 0, bpl: 25.1 } as const;

/** Delay that no statistic shows: one frame of 20 ms and Opus' look-ahead of 6.5 ms (RFC 6716, section 2). */
export const CODEC_DELAY_MS = 26.5;

/** A jitter buffer holds about twice the mean deviation (which is what RFC 3550 reports) to lose few late packets. */
const JITTER_BUFFER_FACTOR = 2;

/** Up to here delay does not impair a conversation: mT at its default. */
const UNNOTICED_DELAY_MS = 100;

/**
 * The impairment by absolute delay, Idd.
 * @param oneWayMs mouth to ear, in milliseconds.
 * @see ITU-T G.107 (06/2015), 7.4, equations 7-27 and 7-28, at the default delay sensitivity (sT = 1).
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
 * The mean opinion score (MOS-CQE) of a rating factor, 1..4.5.
 * @see ITU-T G.107 (06/2015), Annex B, equation B-4. Below R = 6.5 its polynomial dips under 1, the lowest score there is.
 */
export function mosOf(r: number): number {
  if (r <= 0) return 1;
  if (r >= 100) return 4.5;
  return Math.max(1, 1 + 0.035 * r + r * (r - 60) * (100 - r) * 7e-6);
}

export interface AudioPath {
  /** Round trip to LiveKit, of the one who reports, in milliseconds. */
  roundTripMs: number;
  /** Round trip to LiveKit of the other end, in milliseconds; null where it is not known. */
  otherRoundTripMs: number | null;
  jitterMs: number;
  /** Of the interval, not since the beginning; 0..100. */
  lossPercent: number;
}

/**
 * Mouth to ear, in milliseconds. The round trips are to LiveKit, so the way to the other is about the sum
 * of two halves; an end that is not known is taken to be as far as the one that is.
 */
export function oneWayDelayMs({ roundTripMs, otherRoundTripMs, jitterMs }: AudioPath): number {
  return (
    roundTripMs / 2 +
    (otherRoundTripMs ?? roundTripMs) / 2 +
    JITTER_BUFFER_FACTOR * jitterMs +
    CODEC_DELAY_MS
  );
}

/** The rating factor R of a path, 0..93.2. */
export function ratingOf(path: AudioPath): number {
  return Math.max(
    0,
    R_DEFAULT - delayImpairment(oneWayDelayMs(path)) - lossImpairment(path.lossPercent),
  );
}
