import type { Connection } from '@ringline/contract';
import { asRinglineError, isTransient, RinglineError } from '../errors.ts';
import type { ClientLogger } from '../options.ts';
import { pause, type RetryPolicy, retryDelayMs } from '../retry.ts';
import {
  type LineStats,
  type MediaRoom,
  nothing,
  type OpenRoom,
  type Sending,
  type Source,
  type UserMedia,
  unlimited,
  type VideoLimits,
} from './room.ts';

/** For another device of the user to take this one's place in the room. */
const YIELD_MS = 5_000;
/** A room that held this long was a good one: the next loss starts with short delays again. */
const STEADY_MS = 10_000;

function gaveUp() {
  return new RinglineError('MEDIA_FAILED', 'The media could not be connected.');
}

/** `off` before and after the stay in the call, and where media is switched off. */
export type MediaState = 'off' | 'connecting' | 'connected' | 'reconnecting';

/** The sound and pictures of a call on this device. */
export interface CallMedia {
  readonly state: MediaState;
  readonly local: UserMedia;
  remote(userId: string): UserMedia;
  /** The browser plays no sound before the person has touched the page: offer a button. */
  readonly audioBlocked: boolean;
  /** To be called in a click. */
  unblockAudio(): Promise<void>;
}

export interface CallMediaHandlers {
  /** This device is in the call from now on, until the signal ends it. */
  onStay(signal: AbortSignal): void;
  onChange(): void;
  /** What goes out has changed: by us, by the host, or by the browser's own "stop sharing". */
  onSending(sending: Sending): void;
  onMoved(): void;
  onRefused(error: RinglineError): void;
  onError(error: RinglineError): void;
}

export interface CallMediaDeps extends CallMediaHandlers {
  /** null where media is switched off. */
  openRoom: OpenRoom | null;
  /** A fresh way in, for a device that is in the call. */
  getConnection(): Promise<Connection>;
  retry: RetryPolicy;
  logger: ClientLogger;
}

export interface MediaControl {
  readonly view: CallMedia;
  /** Joins, and joins again whenever the room is lost, until `leave`. Without a connection it asks for one. */
  join(connection: Connection | null, wanted: Omit<Sending, 'screen'>): void;
  send(source: Source, on: boolean): Promise<void>;
  /** Holds for every room of this call. Never rejects. */
  limitVideo(limits: VideoLimits): Promise<void>;
  /** null while no media flows. */
  readStats(): Promise<LineStats | null>;
  /**
   * Another device of the user is in the call now: leaves once that one is in the room, so that the others see nobody come and
   * go; or after five seconds, if it does not come.
   */
  yield(): void;
  leave(): void;
}

function sameSending(one: Sending, other: Sending): boolean {
  return (
    one.microphone === other.microphone &&
    one.camera === other.camera &&
    one.screen === other.screen
  );
}

export function createCallMedia(deps: CallMediaDeps): MediaControl {
  const { openRoom, getConnection, retry, logger } = deps;
  let state: MediaState = 'off';
  let room: MediaRoom | null = null;
  let stay: AbortController | null = null;
  let yielding: ReturnType<typeof setTimeout> | null = null;
  let isTroubleTold = false;
  let limits = unlimited;
  let wanted: Sending = { microphone: false, camera: false, screen: false };

  const moveTo = (next: MediaState) => {
    state = next;
    deps.onChange();
  };

  const reportSending = () => {
    if (room?.steady !== true || sameSending(room.sending, wanted)) return;
    wanted = room.sending;
    deps.onSending(wanted);
  };

  const roomChanged = () => {
    if (room === null) return;
    state = room.steady ? 'connected' : 'reconnecting';
    // A room that ends takes our tracks down one by one before it says so: those were not switched off.
    queueMicrotask(reportSending);
    deps.onChange();
  };

  /** Once: it is tried again, and the state says for how long. */
  const tellTrouble = (cause: unknown) => {
    if (isTroubleTold || (cause instanceof RinglineError && cause.code === 'RATE_LIMITED')) return;
    isTroubleTold = true;
    const message = 'The media are not connected yet; this is tried again.';
    deps.onError(new RinglineError('MEDIA_FAILED', message, { cause }));
  };

  /** One stay in the room: how it ended, or why there was none. */
  const visit = async (
    open: OpenRoom,
    given: Connection | null,
    signal: AbortSignal,
  ): Promise<'moved' | 'lost' | RinglineError> => {
    let mine: MediaRoom | null = null;
    let isOver = false;
    // What a room was about to send when it ended cannot be sent any more: no device has failed.
    const onError = (error: RinglineError) => {
      if (!signal.aborted && !isOver) deps.onError(error);
    };
    try {
      const connection = given ?? (await getConnection());
      if (signal.aborted) return 'lost';
      mine = await open(connection, wanted, { onChange: roomChanged, onError }, signal);
      if (signal.aborted) return 'lost';
      room = mine;
      void room.limitVideo(limits);
      roomChanged();
      return await mine.gone;
    } catch (error) {
      const refused = error instanceof RinglineError;
      const isFinal = refused && !isTransient(error);
      if (!signal.aborted && !isFinal) {
        logger.warn('media not connected', { error });
        tellTrouble(error);
      }
      return refused ? error : 'lost';
    } finally {
      isOver = true;
      // By now another stay may have begun, with a room of its own.
      if (room === mine) room = null;
    }
  };

  const stayIn = async (open: OpenRoom, first: Connection | null, signal: AbortSignal) => {
    let connection = first;
    for (let attempt = 0; ; attempt += 1) {
      const began = Date.now();
      const end = await visit(open, connection, signal);
      if (signal.aborted) return;
      if (end === 'moved') return deps.onMoved();
      if (yielding !== null) return leave();
      if (end !== 'lost' && !isTransient(end)) return deps.onRefused(end);

      // A new room needs a gesture of the person before it may show the screen again.
      if (wanted.screen) {
        wanted = { ...wanted, screen: false };
        deps.onSending(wanted);
      }
      moveTo('reconnecting');
      connection = null;
      if (Date.now() - began > STEADY_MS) attempt = 0;
      const delay = end === 'lost' ? retry.delayMs(attempt) : retryDelayMs(retry, attempt, end);
      if (delay === null) return deps.onRefused(gaveUp());
      await pause(delay, signal);
      if (signal.aborted) return;
    }
  };

  const leave = () => {
    if (yielding !== null) clearTimeout(yielding);
    yielding = null;
    if (stay === null) return;
    stay.abort();
    stay = null;
    room = null;
    moveTo('off');
  };

  return {
    view: {
      get state() {
        return state;
      },
      get local() {
        return room?.local ?? nothing;
      },
      remote: (userId) => room?.remote(userId) ?? nothing,
      get audioBlocked() {
        return room?.audioBlocked ?? false;
      },
      unblockAudio: async () => {
        try {
          await room?.unblockAudio();
        } catch (cause) {
          const message = 'The browser plays no sound yet: call unblockAudio() in a click.';
          throw new RinglineError('PERMISSION_DENIED', message, { cause });
        }
      },
    },
    join: (connection, { microphone, camera }) => {
      leave();
      if (openRoom === null) return;
      wanted = { microphone, camera, screen: false };
      stay = new AbortController();
      isTroubleTold = false;
      moveTo('connecting');
      deps.onStay(stay.signal);
      stayIn(openRoom, connection, stay.signal).catch((error: unknown) =>
        deps.onError(asRinglineError(error)),
      );
    },
    send: async (source, on) => {
      if (room !== null) return room.send(source, on);
      // On the way into a room a screen cannot be captured; with media switched off the host app does it.
      if (source === 'screen' && openRoom !== null) return;
      wanted = { ...wanted, [source]: on };
      deps.onSending(wanted);
    },
    limitVideo: async (next) => {
      limits = next;
      await room?.limitVideo(limits);
    },
    readStats: async () => (room?.steady === true ? room.readStats() : null),
    yield: () => {
      if (stay !== null) yielding ??= setTimeout(leave, YIELD_MS);
    },
    leave,
  };
}
