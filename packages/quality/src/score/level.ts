import { type QualityLevel, qualityLevels } from '@ringline/contract';
import { type AudioPath, ratePath, toMos } from './e-model.ts';

/** The video of a sample's interval. */
export interface Video {
  /** null without video. */
  fps: number | null;
  height: number | null;
  freezeCount: number | null;
}

export interface Score {
  /** The rating factor, 0..93.2. */
  r: number;
  /** Of the audio, 1..4.5. */
  mos: number;
  /** Of audio or video, whichever is worse. */
  level: QualityLevel;
}

/** 0 is the best level; a higher rank is worse. */
export function rank(level: QualityLevel): number {
  return qualityLevels.indexOf(level);
}

/**
 * The categories of speech quality of ITU-T G.109 (09/1999): users are satisfied from R = 80 on,
 * some are not from 70 on, many are not from 60 on, and nearly all are dissatisfied below.
 */
export function toAudioLevel(r: number): QualityLevel {
  if (r >= 80) return 'excellent';
  if (r >= 70) return 'good';
  return r >= 60 ? 'fair' : 'poor';
}

/** The lowest simulcast layer, sent when the bandwidth carries no more. */
const SMALL_HEIGHT = 180;

/**
 * Many cameras take 20 frames a second, and some intervals show slightly fewer. The network is not
 * to blame.
 */
const SMOOTH_FPS = 18;

/**
 * No standard scores video from so few numbers; the bounds are ours. Freezing is worse than a
 * coarse picture.
 */
export function toVideoLevel({ fps, height, freezeCount }: Video): QualityLevel {
  if (fps === null) return 'excellent';
  const freezes = freezeCount ?? 0;
  if (fps < 5 || freezes >= 2) return 'poor';
  if (fps < 12 || freezes === 1) return 'fair';
  if (fps < SMOOTH_FPS || (height !== null && height < SMALL_HEIGHT)) return 'good';
  return 'excellent';
}

export function computeScore(sample: AudioPath & Video): Score {
  const r = ratePath(sample);
  const audio = toAudioLevel(r);
  const video = toVideoLevel(sample);
  return { r, mos: toMos(r), level: rank(audio) >= rank(video) ? audio : video };
}
