import type { LineStats, Stat, TrackStats } from '#src/media/room.ts';

/** Counters as Chromium had them after so many seconds of a call, in the words of its statistics. */
export interface Counters {
  seconds: number;
  /** Of the sound that comes in. */
  soundPackets?: number;
  soundLost?: number;
  soundJitter?: number;
  frames?: number;
  freezes?: number;
  /** Round trips that were measured so far, and how long all of them took together, in seconds. */
  checks?: number;
  checked?: number;
  /** As the other end counts what we send. */
  sentLost?: number;
  /** When the other end said what it receives. */
  judgedAt?: number;
  /** Frames of the three layers of our camera. */
  layers?: readonly [number, number, number];
}

function stat(type: string, id: string, seconds: number, fields: object): Stat {
  return {
    id,
    type,
    timestamp: 1_780_000_000_000 + seconds * 1000,
    ...fields,
  };
}

function pair({ seconds, checks = seconds, checked = checks * 0.04 }: Counters) {
  return stat('candidate-pair', 'CP1', seconds, {
    state: 'succeeded',
    nominated: true,
    currentRoundTripTime: 0.04,
    totalRoundTripTime: checked,
    responsesReceived: checks,
  });
}

function codec(seconds: number, mimeType: string) {
  return stat('codec', `C-${mimeType}`, seconds, { mimeType });
}

export function heard(counters: Counters, id = 'TR_sound'): TrackStats {
  const { seconds, soundPackets = seconds * 50, soundLost = 0, soundJitter = 0.004 } = counters;
  return {
    id,
    kind: 'audio',
    shown: true,
    stats: [
      pair(counters),
      codec(seconds, 'audio/opus'),
      stat('inbound-rtp', `IT-${id}`, seconds, {
        kind: 'audio',
        codecId: 'C-audio/opus',
        packetsReceived: soundPackets,
        packetsLost: soundLost,
        bytesReceived: soundPackets * 80,
        jitter: soundJitter,
        totalAudioEnergy: seconds * 0.01,
        totalSamplesDuration: seconds,
      }),
    ],
  };
}

export function seen(counters: Counters, id = 'TR_camera'): TrackStats {
  const { seconds, frames = seconds * 25, freezes = 0 } = counters;
  return {
    id,
    kind: 'camera',
    shown: true,
    stats: [
      pair(counters),
      codec(seconds, 'video/VP8'),
      stat('inbound-rtp', `IT-${id}`, seconds, {
        kind: 'video',
        codecId: 'C-video/VP8',
        packetsReceived: frames * 4,
        packetsLost: 0,
        bytesReceived: frames * 4000,
        jitter: 0.03,
        framesDecoded: frames,
        frameWidth: 640,
        frameHeight: 360,
        freezeCount: freezes,
      }),
    ],
  };
}

export function spoken(counters: Counters): TrackStats {
  const { seconds, soundPackets = seconds * 50, sentLost = 0, judgedAt = seconds } = counters;
  return {
    id: 'TR_microphone',
    kind: 'audio',
    shown: true,
    stats: [
      pair(counters),
      stat('media-source', 'SA1', seconds, {
        kind: 'audio',
        totalAudioEnergy: seconds * 0.04,
        totalSamplesDuration: seconds,
      }),
      stat('outbound-rtp', 'OT-sound', seconds, {
        kind: 'audio',
        remoteId: 'RI-sound',
        packetsSent: soundPackets,
        bytesSent: soundPackets * 80,
      }),
      stat('remote-inbound-rtp', 'RI-sound', judgedAt, {
        kind: 'audio',
        localId: 'OT-sound',
        packetsLost: sentLost,
        jitter: 0.006,
        roundTripTime: 0.04,
        totalRoundTripTime: seconds * 0.04,
        roundTripTimeMeasurements: seconds,
      }),
    ],
  };
}

const HEIGHTS = [180, 360, 720] as const;

/** Our camera in three layers. One that is not active is wanted by nobody, or not allowed by us. */
export function shown(
  { seconds, layers = [seconds * 20, seconds * 20, seconds * 30] }: Counters,
  active: readonly boolean[] = [true, true, true],
): TrackStats {
  return {
    id: 'TR_own_camera',
    kind: 'camera',
    shown: true,
    stats: HEIGHTS.map((frameHeight, index) =>
      stat('outbound-rtp', `OT-${frameHeight}`, seconds, {
        kind: 'video',
        active: active[index],
        packetsSent: (layers[index] ?? 0) * 3,
        bytesSent: (layers[index] ?? 0) * 3000,
        framesEncoded: layers[index],
        frameWidth: (frameHeight * 16) / 9,
        frameHeight,
      }),
    ),
  };
}

export function receiving(...receive: TrackStats[]): LineStats {
  return { send: [], receive };
}
export function sending(...send: TrackStats[]): LineStats {
  return { send, receive: [] };
}
