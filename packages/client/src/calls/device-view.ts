import { type Call, hashDevice, type Participant } from '@ringline/contract';
import { type CallStage, findParticipant, getStage, isInCall } from './stage.ts';

/** One call from the view of this device. */
export interface DeviceView {
  /** Null until the first snapshot. */
  readonly known: Call | null;
  /** Throws before the first snapshot. */
  readonly snapshot: Call;
  readonly me: Participant;
  readonly stage: CallStage;
  /** By the service's account, the user is in the call on this device. */
  readonly isBound: boolean;
  /** The same, except on a device that is leaving. */
  readonly here: boolean;
}

/** The part of the view that its owner changes. */
export interface DeviceViewControl extends DeviceView {
  update(call: Call): void;
  /** The user has accepted, on this device or another one. */
  handleAccepted(isOwnDevice: boolean): void;
  /** Takes effect with the next update. Returns whether it is a change. */
  setWithdrawn(next: boolean): boolean;
}

export function createDeviceView(deps: {
  callId: string;
  userId: string;
  deviceId: string;
}): DeviceViewControl {
  const { callId, userId, deviceId } = deps;
  const ownHash = hashDevice(callId, userId, deviceId);
  let known: Call | null = null;
  let stage: CallStage = 'over';
  let isUserIn = false;
  let isBound = false;
  let here = false;
  let isWithdrawn = false;
  /** For services of release 0.1, whose snapshots do not name the participants' devices. */
  let wasAcceptedHere = false;

  const getSnapshot = (): Call => {
    if (known === null) throw new Error(`call ${callId} is not known yet`);
    return known;
  };

  return {
    get known() {
      return known;
    },
    get snapshot() {
      return getSnapshot();
    },
    get me() {
      const me = findParticipant(getSnapshot(), userId);
      if (me === undefined) throw new Error(`${userId} is not in call ${callId}`);
      return me;
    },
    get stage() {
      return stage;
    },
    get isBound() {
      return isBound;
    },
    get here() {
      return here;
    },
    update: (call) => {
      const wasUserIn = isUserIn;
      known = call;
      isUserIn = isInCall(call, userId);
      if (wasUserIn && !isUserIn) {
        isWithdrawn = false;
        wasAcceptedHere = false;
      }
      const hash = findParticipant(call, userId)?.deviceHash;
      isBound = isUserIn && (hash === undefined ? wasAcceptedHere : hash === ownHash);
      here = isBound && !isWithdrawn;
      stage = getStage(call, userId, here);
    },
    handleAccepted: (isOwnDevice) => {
      wasAcceptedHere = isOwnDevice;
    },
    setWithdrawn: (next) => {
      const isNew = next !== isWithdrawn;
      isWithdrawn = next;
      return isNew;
    },
  };
}
