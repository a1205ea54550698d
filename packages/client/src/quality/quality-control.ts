import type { MediaControl } from '../media/call-media.ts';
import type { ClientLogger, QualityOptions } from '../options.ts';
import type { Signalling } from '../signalling/signalling.ts';
import { type CallQuality, createQualityKeeper, type QualityKeeper } from './call-quality.ts';
import { deviceName } from './device-name.ts';
import { sampleLine } from './sampling.ts';

const INTERVAL_MS = 5_000;
const SHORTEST_INTERVAL_MS = 2_000;

/** This device's line in one call: measured while it is in the call, and spared as the service recommends. */
export interface CallLine extends QualityKeeper {
  /** Until the signal is aborted. Never rejects. */
  measure(signal: AbortSignal): Promise<void>;
}

export interface CallLineDeps {
  callId: string;
  userId: string;
  /** null where lines are not measured. */
  options: QualityOptions | null;
  media: Pick<MediaControl, 'send' | 'limitVideo' | 'readStats'>;
  /** Whether the service, too, holds this user's camera for turned on. */
  isCameraOn(): boolean;
  request: Signalling['request'];
  onChange(quality: CallQuality): void;
  onError(error: unknown): void;
  logger: ClientLogger;
}

export function createCallLine(deps: CallLineDeps): CallLine {
  const { callId, userId, options, media, request, onError, logger } = deps;
  const keeper = createQualityKeeper({
    userId,
    follows: options?.follow !== false,
    onChange: deps.onChange,
    onLimits: (limits, previous) => {
      const comesBack = previous.send === 'none' && limits.send !== 'none';
      // The host has turned it off meanwhile, which LiveKit does not tell of a camera that sends nothing.
      if (comesBack && !deps.isCameraOn()) media.send('camera', false).catch(onError);
      void media.limitVideo(limits);
    },
  });
  return {
    ...keeper,
    measure: async (signal) => {
      if (options === null) return;
      const intervalMs = Math.max(SHORTEST_INTERVAL_MS, options.intervalMs ?? INTERVAL_MS);
      const limits = () => keeper.view.video;
      const readStats = () => {
        void media.limitVideo(limits());
        return media.readStats();
      };
      const device = deviceName(globalThis.navigator);
      await sampleLine({ callId, intervalMs, device, request, readStats, limits, logger }, signal);
    },
  };
}
