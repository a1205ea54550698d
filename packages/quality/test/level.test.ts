import { expect, test } from '@jest/globals';
import { computeScore, toAudioLevel, toVideoLevel, type Video } from '#src/score/level.ts';

test.each([
  [93.2, 'excellent'],
  [80, 'excellent'],
  [79.9, 'good'],
  [70, 'good'],
  [69.9, 'fair'],
  [60, 'fair'],
  [59.9, 'poor'],
  [0, 'poor'],
])('R = %s is %s', (r, level) => {
  expect(toAudioLevel(r)).toBe(level);
});

const smooth: Video = { fps: 30, height: 720, freezeCount: 0 };

test.each<[string, Video, string]>([
  ['no video', { fps: null, height: null, freezeCount: null }, 'excellent'],
  ['smooth video', smooth, 'excellent'],
  [
    'video of which only the frame rate is known',
    { ...smooth, height: null, freezeCount: null },
    'excellent',
  ],
  ['small video', { ...smooth, height: 90 }, 'good'],
  ['video of a camera that takes twenty frames a second', { ...smooth, fps: 19.8 }, 'excellent'],
  ['slightly jerky video', { ...smooth, fps: 15 }, 'good'],
  ['jerky video', { ...smooth, fps: 8 }, 'fair'],
  ['video that froze once', { ...smooth, freezeCount: 1 }, 'fair'],
  ['video that froze twice', { ...smooth, freezeCount: 2 }, 'poor'],
  ['video that stands still', { ...smooth, fps: 0 }, 'poor'],
])('%s is %s', (_what, video, level) => {
  expect(toVideoLevel(video)).toBe(level);
});

const clean = { roundTripMs: 40, otherRoundTripMs: null, jitterMs: 5, lossPercent: 0 };

test('a sample has the worse level of its audio and its video', () => {
  expect(computeScore({ ...clean, ...smooth })).toMatchObject({ level: 'excellent' });
  expect(computeScore({ ...clean, ...smooth, fps: 8 })).toMatchObject({ level: 'fair' });
  expect(computeScore({ ...clean, ...smooth, lossPercent: 30 })).toMatchObject({ level: 'poor' });
});

test('video does not change the score of the audio', () => {
  const { mos, r } = computeScore({ ...clean, ...smooth });
  expect(computeScore({ ...clean, ...smooth, fps: 0 })).toEqual({ mos, r, level: 'poor' });
});
