import type {
  QualityDirection,
  QualityLevel,
  QualitySummary,
  RinglineCall,
  UserQuality,
} from '@ringline/client';

/** From best to worst. */
const levels: readonly QualityLevel[] = ['excellent', 'good', 'fair', 'poor'];

export function worseOf(a: QualityLevel, b: QualityLevel): QualityLevel {
  return levels.indexOf(a) > levels.indexOf(b) ? a : b;
}

/** "Your line is good"; of one that is not also which way. */
export function lineOf({ send, receive }: UserQuality): string {
  const worse = worseOf(send.level, receive.level);
  const words = `Your line is ${worse}`;
  if (send.level === receive.level || levels.indexOf(worse) < levels.indexOf('fair')) return words;
  return `${words} for what you ${worse === send.level ? 'send' : 'receive'}`;
}

function isAffected(call: RinglineCall, direction: QualityDirection): boolean {
  const shows = direction === 'send' ? [call.me] : call.others;
  return shows.some(({ videoEnabled, screenSharing }) => videoEnabled || screenSharing);
}

/** What the SDK does for the line's sake just now; empty where nobody would see a difference. */
export function savingOf(call: RinglineCall): string {
  const { video } = call.quality;
  const at = (direction: QualityDirection, allowance: string) =>
    video[direction] === allowance && isAffected(call, direction);
  const [sendsNone, receivesNone] = [at('send', 'none'), at('receive', 'none')];
  if (sendsNone && receivesNone) return 'Video is off to save your line';
  if (sendsNone) return 'Your video is off to save your line';
  if (receivesNone) return 'The others’ video is off to save your line';
  if (at('send', 'low') || at('receive', 'low')) return 'Video is coarser to save your line';
  return '';
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

/** "excellent for 93 % of the time, poor for 7 %" */
export function summaryOf({ levels: shares }: QualitySummary): string {
  const [most = 'excellent'] = levels.toSorted((a, b) => shares[b] - shares[a]);
  const words = `${most} for ${percent(shares[most])} of the time`;
  return most === 'poor' || shares.poor < 0.005
    ? words
    : `${words}, poor for ${percent(shares.poor)}`;
}
