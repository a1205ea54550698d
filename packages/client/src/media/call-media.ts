import type { Connection } from '@ringline/contract';
import { createEmitter, type Emitter, type Subscribable } from '../emitter.ts';
import { RinglineError } from '../errors.ts';
import {
  type MediaRoom,
  type MediaStats,
  nothing,
  type OpenRoom,
  type Sending,
  type Source,
  type UserMedia,
  unlimited,
  type VideoLimits,
} from './room.ts';
import { createRoomStay, type RoomStay, type RoomStayDeps } from './room-stay.ts';

/** How long another device of the user may take to replace this one in the room. */
const YIELD_MS = 5_000;

/** `off` before and after the stay in the call, and where media is switched off. */
export type MediaState = 'off' | 'connecting' | 'connected' | 'reconnecting';

/** The audio and video of a call on this device. */
export interface CallMedia {
  readonly state: MediaState;
  readonly local: UserMedia;
  remote(userId: string): UserMedia;
  /** The browser plays no audio before the user has touched the page: offer a button. */
  readonly audioBlocked: boolean;
  /** Call this in a click handler. */
  unblockAudio(): Promise<void>;
}

export interface CallMediaEvents {
  /** This device is in the call until the signal is aborted. */
  joining: AbortSignal;
  changed: undefined;
  /**
   * This device sends something else now: by its own act, the host's, or the browser's "stop
   * sharing".
   */
  sending: Sending;
  /** Another device of the user has taken the place in the room. */
  moved: undefined;
  /** This device cannot join the room. */
  refused: RinglineError;
  error: RinglineError;
}

export interface CallMediaDeps extends Pick<RoomStayDeps, 'getConnection' | 'retry' | 'logger'> {
  /** Null where media is switched off. */
  openRoom: OpenRoom | null;
}

export interface MediaControl extends Subscribable<CallMediaEvents> {
  readonly view: CallMedia;
  /**
   * Joins, and joins again whenever the room is lost, until `leave`. Without a connection, it
   * fetches one.
   */
  join(connection: Connection | null, wanted: Omit<Sending, 'screen'>): void;
  send(source: Source, on: boolean): Promise<void>;
  /** Applies to every room of this call. Never rejects. */
  limitVideo(limits: VideoLimits): Promise<void>;
  /** Null while no media flow. */
  readStats(): Promise<MediaStats | null>;
  /**
   * Another device of the user takes over: leaves when that device is in the room, so that the
   * others see no one leave and join, or after five seconds if it does not come.
   */
  yield(): void;
  leave(): void;
}

function isSameSending(one: Sending, other: Sending): boolean {
  const sources = ['microphone', 'camera', 'screen'] as const;
  return sources.every((source) => one[source] === other[source]);
}

/** The tracks that this device sends in this room and in the next one. */
function createWanted(emitter: Emitter<CallMediaEvents>) {
  let wanted: Sending = { microphone: false, camera: false, screen: false };
  const reset = (next: Sending) => {
    wanted = next;
  };
  const set = (next: Sending) => {
    wanted = next;
    emitter.emit('sending', wanted);
  };
  const update = (next: Sending) => {
    if (!isSameSending(next, wanted)) set(next);
  };
  return { get: () => wanted, reset, set, update };
}

function createView(getState: () => MediaState, getRoom: () => MediaRoom | null): CallMedia {
  return {
    get state() {
      return getState();
    },
    get local() {
      return getRoom()?.local ?? nothing;
    },
    remote: (userId) => getRoom()?.remote(userId) ?? nothing,
    get audioBlocked() {
      return getRoom()?.audioBlocked ?? false;
    },
    unblockAudio: async () => {
      try {
        await getRoom()?.unblockAudio();
      } catch (cause) {
        const message = 'The browser still blocks audio: call unblockAudio() in a click handler.';
        throw new RinglineError('PERMISSION_DENIED', message, { cause });
      }
    },
  };
}

export function createCallMedia(deps: CallMediaDeps): MediaControl {
  const { openRoom } = deps;
  const emitter = createEmitter<CallMediaEvents>(deps.logger);
  let state: MediaState = 'off';
  let stay: RoomStay | null = null;
  let yieldTimer: ReturnType<typeof setTimeout> | null = null;
  let limits = unlimited;
  const wanted = createWanted(emitter);

  const getRoom = () => stay?.room ?? null;
  const moveTo = (next: MediaState) => {
    state = next;
    emitter.emit('changed', undefined);
  };
  const reportSending = () => {
    const room = getRoom();
    if (room?.steady === true) wanted.update(room.sending);
  };
  const handleRoomChange = () => {
    const room = getRoom();
    if (room === null) return;
    // A room that ends unpublishes its tracks first: those were not switched off.
    queueMicrotask(reportSending);
    moveTo(room.steady ? 'connected' : 'reconnecting');
  };
  const handleLoss = () => {
    // Browsers share the screen in a new room only after another click.
    wanted.update({ ...wanted.get(), screen: false });
    moveTo('reconnecting');
  };

  const leave = () => {
    if (yieldTimer !== null) clearTimeout(yieldTimer);
    yieldTimer = null;
    if (stay === null) return;
    stay.leave();
    stay = null;
    moveTo('off');
  };

  return {
    on: emitter.on,
    view: createView(() => state, getRoom),
    join: (connection, { microphone, camera }) => {
      leave();
      if (openRoom === null) return;
      wanted.reset({ microphone, camera, screen: false });
      const getLimits = () => limits;
      stay = createRoomStay({ ...deps, openRoom, getWanted: wanted.get, getLimits });
      emitter.forward(stay, 'error', 'moved', 'refused');
      stay.on('changed', handleRoomChange);
      stay.on('lost', handleLoss);
      stay.on('ended', leave);
      moveTo('connecting');
      emitter.emit('joining', stay.signal);
      stay.start(connection);
    },
    send: async (source, on) => {
      const room = getRoom();
      if (room !== null) return room.send(source, on);
      // A screen cannot be captured while the room is being joined. With media off, the host app
      // captures it.
      if (source === 'screen' && openRoom !== null) return;
      wanted.set({ ...wanted.get(), [source]: on });
    },
    limitVideo: async (next) => {
      limits = next;
      await getRoom()?.limitVideo(limits);
    },
    readStats: async () => {
      const room = getRoom();
      return room?.steady === true ? room.readStats() : null;
    },
    yield: () => {
      stay?.stopRejoining();
      if (stay !== null) yieldTimer ??= setTimeout(leave, YIELD_MS);
    },
    leave,
  };
}
