import { type AudioPath, mosOf, ratingOf } from './e-model.ts';

/** From best to worst. */
export const qualityLevels = ['excellent', 'good', 'fair', 'poor'] as const;
export type QualityLevel = (typeof qualityLevels)[number];

/** What a sample says of the picture, over its interval; null is not known. */
export interface Picture {
  /** null where there is no picture at all. */
  fps: number | null;
  height: number | null;
  freezeCount: number | null;
}

export interface Score {
  /** The rating factor, 0..93.2. */
  r: number;
  /** Of the audio, 1..4.5. */
  mos: number;
  /** Of audio and picture, whichever is worse. */
  level: QualityLevel;
}

/** 0 is the best; what is larger is worse. */
export function rankOf(level: QualityLevel): number {
  return qualityLevels.indexOf(level);
}

/**
 * By the categories of speech quality of ITU-T G.109 (09/1999): from R = 80 on users are satisfied, from 70
 * on some are not, from 60 on many are not, and below nearly all are dissatisfied.
 */
export function levelOfRating(r: number): QualityLevel {
  if (r >= 80) return 'excellent';
  if (r >= 70) return 'good';
  return r >= 60 ? 'fair' : 'poor';
}

/** So small a picture is the lowest layer of simulcast, sent when the line carries no more. */
const SMALL_HEIGHT = 180;

/** Many cameras take 20 frames a second, of which an interval shows 19.9 now and then: that is not the line's doing. */
const SMOOTH_FPS = 18;

/**
 * The picture as people see it: one that stands still is worse than one that is coarse. No standard scores
 * it from so few numbers; the bounds are ours.
 */
export function levelOfPicture({ fps, height, freezeCount }: Picture): QualityLevel {
  if (fps === null) return 'excellent';
  const freezes = freezeCount ?? 0;
  if (fps < 5 || freezes >= 2) return 'poor';
  if (fps < 12 || freezes === 1) return 'fair';
  if (fps < SMOOTH_FPS || (height !== null && height < SMALL_HEIGHT)) return 'good';
  return 'excellent';
}

/** Scores one sample. */
export function scoreOf(sample: AudioPath & Picture): Score {
  const r = ratingOf(sample);
  const audio = levelOfRating(r);
  const picture = levelOfPicture(sample);
  return { r, mos: mosOf(r), level: rankOf(audio) >= rankOf(picture) ? audio : picture };
}
