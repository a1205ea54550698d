import { randomUUID } from 'node:crypto';
import type { QualitySample } from '@ringline/contract';

/** Two users in each of so many calls. */
export interface Party {
  callId: string;
  userId: string;
}

export function partiesOf(calls: number): Party[] {
  return Array.from({ length: calls }, (_, call) => ({ callId: randomUUID(), pair: call })).flatMap(
    ({ callId, pair }) => [
      { callId, userId: `caller-${pair}` },
      { callId, userId: `callee-${pair}` },
    ],
  );
}

/** What a browser reports of an ordinary line with video. */
export function ordinarySample(): QualitySample {
  return {
    at: new Date().toISOString(),
    direction: 'receive',
    jitterMs: 1 + Math.random() * 10,
    packetLossPercent: Math.random(),
    roundTripMs: 30 + Math.random() * 60,
    bandwidthKbps: 900 + Math.random() * 600,
    audioLevel: Math.random(),
    fps: 24 + Math.random() * 6,
    width: 1280,
    height: 720,
    codec: 'VP8',
    freezeCount: 0,
  };
}
