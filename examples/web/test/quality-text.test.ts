import type { CallQuality, QualityLevel, RinglineCall } from '@ringline/client';
import { describeQuality, describeSaving, describeSummary } from '#page/quality-text.ts';

function line(send: QualityLevel, receive: QualityLevel) {
  return {
    send: { level: send, mos: null },
    receive: { level: receive, mos: null },
  };
}

describe('the quality text', () => {
  it.each([
    ['excellent', 'excellent', 'Your line is excellent'],
    ['excellent', 'good', 'Your line is good'],
    ['poor', 'good', 'Your line is poor for what you send'],
    ['good', 'fair', 'Your line is fair for what you receive'],
  ] as const)('describes sending (%s) and receiving (%s)', (send, receive, words) => {
    expect(describeQuality(line(send, receive))).toBe(words);
  });
});

describe('the text about video that is held back', () => {
  const callWith = (video: CallQuality['video'], mine: boolean, theirs: boolean) => {
    const me = { videoEnabled: mine, screenSharing: false };
    const others = [{ videoEnabled: theirs, screenSharing: false }];
    return { quality: { video }, me, others } as unknown as RinglineCall;
  };

  it.each([
    ['none', 'none', true, true, 'Video is off to save your line'],
    ['none', 'all', true, true, 'Your video is off to save your line'],
    ['none', 'none', false, true, 'The others’ video is off to save your line'],
    ['low', 'all', true, true, 'Video is coarser to save your line'],
    ['none', 'none', false, false, ''],
    ['all', 'all', true, true, ''],
  ] as const)(
    'sending %s, receiving %s, own video %s, theirs %s',
    (send, receive, mine, theirs, words) => {
      expect(describeSaving(callWith({ send, receive }, mine, theirs))).toBe(words);
    },
  );
});

describe('the summary of the quality', () => {
  const summary = (levels: Record<QualityLevel, number>) => ({
    samples: 20,
    minimumMos: 2,
    medianMos: 4,
    worstFiveSeconds: { at: '2026-01-31T12:00:00.000Z', mos: 2 },
    levels,
  });

  it.each([
    [{ excellent: 1, good: 0, fair: 0, poor: 0 }, 'excellent for 100 % of the time'],
    [
      { excellent: 0.9, good: 0.03, fair: 0, poor: 0.07 },
      'excellent for 90 % of the time, poor for 7 %',
    ],
    [{ excellent: 0.1, good: 0, fair: 0.1, poor: 0.8 }, 'poor for 80 % of the time'],
  ])('%j', (levels, words) => {
    expect(describeSummary(summary(levels))).toBe(words);
  });
});
