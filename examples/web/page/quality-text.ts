import type {
  QualityDirection,
  QualityLevel,
  QualitySummary,
  RinglineCall,
  UserQuality,
} from '@ringline/client';

/** From best to worst. */
const levels: readonly QualityLevel[] = ['excellent', 'good', 'fair', 'poor'];

export function getWorse(a: QualityLevel, b: QualityLevel): QualityLevel {
  return levels.indexOf(a) > levels.indexOf(b) ? a : b;
}

/** For example "Your line is good"; for fair and poor, also in which direction. */
export function describeQuality({ send, receive }: UserQuality): string {
  const worse = getWorse(send.level, receive.level);
  const text = `Your line is ${worse}`;
  if (send.level === receive.level || levels.indexOf(worse) < levels.indexOf('fair')) return text;
  return `${text} for what you ${worse === send.level ? 'send' : 'receive'}`;
}

function isAffected(call: RinglineCall, direction: QualityDirection): boolean {
  const shows = direction === 'send' ? [call.me] : call.others;
  return shows.some(({ videoEnabled, screenSharing }) => videoEnabled || screenSharing);
}

/** What the SDK holds back at the moment; empty where that makes no visible difference. */
export function describeSaving(call: RinglineCall): string {
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

/** For example "excellent for 93 % of the time, poor for 7 %" */
export function describeSummary({ levels: shares }: QualitySummary): string {
  const [most = 'excellent'] = levels.toSorted((a, b) => shares[b] - shares[a]);
  const text = `${most} for ${percent(shares[most])} of the time`;
  return most === 'poor' || shares.poor < 0.005
    ? text
    : `${text}, poor for ${percent(shares.poor)}`;
}
