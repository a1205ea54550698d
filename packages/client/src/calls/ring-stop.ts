import type { RingStopCause } from '@ringline/contract';
import { createEmitter, type Subscribable } from '../emitter.ts';
import type { ClientLogger } from '../options.ts';
import type { RinglineCallEvents } from './call-events.ts';

/** Reports the end of each ring once, unless this device caused it. */
export interface RingStop extends Subscribable<Pick<RinglineCallEvents, 'ringing_stopped'>> {
  handleRing(): void;
  handleStop(cause: RingStopCause): void;
  /** While this device accepts or declines, the ring stops by its own act. */
  suppress<Result>(act: () => Promise<Result>): Promise<Result>;
}

export function createRingStop(logger: ClientLogger): RingStop {
  const emitter = createEmitter<Pick<RinglineCallEvents, 'ringing_stopped'>>(logger);
  let isReported = false;
  let ownActs = 0;
  return {
    on: emitter.on,
    handleRing: () => {
      isReported = false;
    },
    handleStop: (cause) => {
      if (ownActs === 0 && !isReported) emitter.emit('ringing_stopped', { cause });
      isReported = true;
    },
    suppress: async (act) => {
      ownActs += 1;
      try {
        return await act();
      } finally {
        ownActs -= 1;
      }
    },
  };
}
