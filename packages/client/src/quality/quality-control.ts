import type { Notices } from '@ringline/contract';
import { createEmitter, type Subscribable } from '../emitter.ts';
import { asRinglineError, type RinglineError } from '../errors.ts';
import type { MediaControl } from '../media/call-media.ts';
import type { ClientLogger, QualityOptions } from '../options.ts';
import type { Signalling } from '../signalling/signalling.ts';
import { type CallQuality, createReportedQuality } from './call-quality.ts';
import { getDeviceName } from './device-name.ts';
import { reportSamples } from './sampling.ts';

const INTERVAL_MS = 5_000;
const SHORTEST_INTERVAL_MS = 2_000;

interface QualityEvents {
  changed: CallQuality;
  error: RinglineError;
}

/**
 * Measures the streams of this device in one call, and limits their video as the service
 * recommends.
 */
export interface QualityControl extends Subscribable<QualityEvents> {
  readonly view: CallQuality;
  handleNotice(notice: Notices['call:quality_changed']): void;
  /** Until the signal is aborted. Never rejects. */
  measure(signal: AbortSignal): Promise<void>;
}

export interface QualityControlDeps {
  callId: string;
  userId: string;
  /** Null where quality is not measured. */
  options: QualityOptions | null;
  media: Pick<MediaControl, 'send' | 'limitVideo' | 'readStats'>;
  /** By the service's account. */
  isCameraOn(): boolean;
  request: Signalling['request'];
  logger: ClientLogger;
}

export function createQualityControl(deps: QualityControlDeps): QualityControl {
  const { callId, userId, options, media, isCameraOn, request, logger } = deps;
  const emitter = createEmitter<QualityEvents>(logger, { callId });
  const { view, handleNotice } = createReportedQuality(userId, options?.follow !== false);

  const applyLimits = async (limits: CallQuality['video'], previous: CallQuality['video']) => {
    const comesBack = previous.send === 'none' && limits.send !== 'none';
    // The host may have turned the camera off meanwhile. LiveKit does not report that of a held
    // camera.
    if (comesBack && !isCameraOn()) {
      media.send('camera', false).catch((error) => emitter.emit('error', asRinglineError(error)));
    }
    await media.limitVideo(limits);
  };

  return {
    on: emitter.on,
    view,
    handleNotice: (notice) => {
      const previous = view.video;
      if (!handleNotice(notice)) return;
      if (view.video !== previous) void applyLimits(view.video, previous);
      emitter.emit('changed', view);
    },
    measure: async (signal) => {
      if (options === null) return;
      const intervalMs = Math.max(SHORTEST_INTERVAL_MS, options.intervalMs ?? INTERVAL_MS);
      const readStats = () => {
        void media.limitVideo(view.video);
        return media.readStats();
      };
      const device = getDeviceName(globalThis.navigator);
      const getLimits = () => view.video;
      await reportSamples(
        { callId, intervalMs, device, request, readStats, getLimits, logger },
        signal,
      );
    },
  };
}
