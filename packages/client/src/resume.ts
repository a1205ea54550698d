import type { RinglineStorage } from './options.ts';

/**
 * Which call this device is in, so that a reloaded page gets back into it by itself. Kept under the
 * device's id: a duplicated tab has another one, and so does not take the call away from the first.
 */
export interface CallMemory {
  remember(callId: string): void;
  forget(callId: string): void;
  holds(callId: string): boolean;
}

export const createCallMemory = (storage: RinglineStorage | null, deviceId: string): CallMemory => {
  const key = `ringline.call.${deviceId}`;
  return {
    remember: (callId) => storage?.setItem(key, callId),
    forget: (callId) => {
      if (storage?.getItem(key) === callId) storage.removeItem(key);
    },
    holds: (callId) => storage?.getItem(key) === callId,
  };
};
