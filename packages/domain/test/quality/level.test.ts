import { expect, test } from '@jest/globals';
import { levelOfPicture, levelOfRating, type Picture, scoreOf } from '@ringline/domain';

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
  expect(levelOfRating(r)).toBe(level);
});

const smooth: Picture = { fps: 30, height: 720, freezeCount: 0 };

test.each<[string, Picture, string]>([
  ['no picture at all', { fps: null, height: null, freezeCount: null }, 'excellent'],
  ['a smooth picture', smooth, 'excellent'],
  [
    'one of which only the frame rate is known',
    { ...smooth, height: null, freezeCount: null },
    'excellent',
  ],
  ['a small one', { ...smooth, height: 90 }, 'good'],
  ['one of a camera that takes twenty frames a second', { ...smooth, fps: 19.8 }, 'excellent'],
  ['one that jerks a little', { ...smooth, fps: 15 }, 'good'],
  ['one that jerks', { ...smooth, fps: 8 }, 'fair'],
  ['one that froze', { ...smooth, freezeCount: 1 }, 'fair'],
  ['one that froze again', { ...smooth, freezeCount: 2 }, 'poor'],
  ['one that stands still', { ...smooth, fps: 0 }, 'poor'],
])('%s is %s', (_what, picture, level) => {
  expect(levelOfPicture(picture)).toBe(level);
});

const clean = { roundTripMs: 40, otherRoundTripMs: null, jitterMs: 5, lossPercent: 0 };

test('a sample is as good as the worse of its audio and its picture', () => {
  expect(scoreOf({ ...clean, ...smooth })).toMatchObject({ level: 'excellent' });
  expect(scoreOf({ ...clean, ...smooth, fps: 8 })).toMatchObject({ level: 'fair' });
  expect(scoreOf({ ...clean, ...smooth, lossPercent: 30 })).toMatchObject({ level: 'poor' });
});

test('the picture does not change the score of the audio', () => {
  const { mos, r } = scoreOf({ ...clean, ...smooth });
  expect(scoreOf({ ...clean, ...smooth, fps: 0 })).toEqual({ mos, r, level: 'poor' });
});
