import type { RinglineCall } from './call.ts';
import type { CallController } from './call-controller.ts';

/** The last events of a call may come twice: so many calls are kept when they are over. */
const KEPT_OVER = 20;

/** The calls that this client knows, by id. */
export interface CallRegistry {
  get(callId: string): CallController | undefined;
  add(callId: string, controller: CallController): void;
  drop(callId: string): void;
  /** Calls that ring for this user or have the user in them, the oldest first. */
  getLive(): CallController[];
  getLiveCalls(): RinglineCall[];
  dropUnknown(): void;
  dropOldest(): void;
  close(): void;
}

function isLive({ known, call }: CallController): boolean {
  return known !== null && call.stage !== 'over';
}

export function createCallRegistry(): CallRegistry {
  const controllers = new Map<string, CallController>();
  const getLive = () => [...controllers.values()].filter(isLive);
  const drop = (callId: string) => {
    controllers.get(callId)?.close();
    controllers.delete(callId);
  };
  return {
    get: (callId) => controllers.get(callId),
    add: (callId, controller) => void controllers.set(callId, controller),
    drop,
    getLive,
    getLiveCalls: () => getLive().map(({ call }) => call),
    dropUnknown: () => {
      for (const [callId, { known }] of controllers) if (known === null) drop(callId);
    },
    dropOldest: () => {
      const over = [...controllers].filter(([, one]) => one.known !== null && !isLive(one));
      for (const [callId] of over.slice(0, -KEPT_OVER)) drop(callId);
    },
    close: () => {
      for (const controller of controllers.values()) controller.close();
    },
  };
}
