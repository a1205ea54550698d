import type { Connection } from '@ringline/contract';
import { createEmitter, type Emitter, type Subscribable } from '../emitter.ts';
import { asRinglineError, isRateLimited, isTransient, RinglineError } from '../errors.ts';
import type { ClientLogger } from '../options.ts';
import { pause, type RetryPolicy, retryDelayMs } from '../retry.ts';
import type { MediaRoom, OpenRoom, Sending, VideoLimits } from './room.ts';

/** After a room that lasted this long, the next loss starts with short delays again. */
const STABLE_MS = 10_000;

interface RoomStayEvents {
  changed: undefined;
  /** The room is lost, and will be joined again. */
  lost: undefined;
  /** The room is lost, after `stopRejoining`. */
  ended: undefined;
  /** Another device of the user has taken the place in the room. */
  moved: undefined;
  /** This device can no longer join the room. */
  refused: RinglineError;
  error: RinglineError;
}

export interface RoomStayDeps {
  openRoom: OpenRoom;
  /** LiveKit's address and a new token. */
  getConnection(): Promise<Connection>;
  getWanted(): Sending;
  getLimits(): VideoLimits;
  retry: RetryPolicy;
  logger: ClientLogger;
}

/** A stay in the room of a call: joins again whenever the room is lost. */
export interface RoomStay extends Subscribable<RoomStayEvents> {
  readonly room: MediaRoom | null;
  /** Aborted by `leave`. */
  readonly signal: AbortSignal;
  /** Without a connection, it fetches one. */
  start(connection: Connection | null): void;
  stopRejoining(): void;
  leave(): void;
}

/** Reports once that joining fails: it is tried again, and the state shows for how long. */
function createTroubleReport(emitter: Emitter<RoomStayEvents>, logger: ClientLogger) {
  let isReported = false;
  return (cause: unknown) => {
    logger.warn('media not connected', { error: cause });
    if (isReported || isRateLimited(cause)) return;
    isReported = true;
    const message = 'The media are not connected yet; trying again.';
    emitter.emit('error', new RinglineError('MEDIA_FAILED', message, { cause }));
  };
}

export function createRoomStay(deps: RoomStayDeps): RoomStay {
  const { openRoom, getConnection, getWanted, getLimits, retry, logger } = deps;
  const emitter = createEmitter<RoomStayEvents>(logger);
  const reportTrouble = createTroubleReport(emitter, logger);
  const leaving = new AbortController();
  const { signal } = leaving;
  let room: MediaRoom | null = null;
  let mayRejoin = true;

  /** Resolves to how the room was lost, or why it was not joined. */
  const visit = async (given: Connection | null): Promise<'moved' | 'lost' | RinglineError> => {
    let isOver = false;
    const handlers = {
      onChange: () => emitter.emit('changed', undefined),
      // A room that has ended cannot publish: that does not mean that a device has failed.
      onError: (error: RinglineError) => {
        if (!signal.aborted && !isOver) emitter.emit('error', error);
      },
    };
    try {
      const connection = given ?? (await getConnection());
      if (signal.aborted) return 'lost';
      const joined = await openRoom(connection, getWanted(), handlers, signal);
      if (signal.aborted) return 'lost';
      room = joined;
      void room.limitVideo(getLimits());
      emitter.emit('changed', undefined);
      return await room.gone;
    } catch (error) {
      const refusal = error instanceof RinglineError ? error : null;
      const isFinal = refusal !== null && !isTransient(refusal);
      if (!signal.aborted && !isFinal) reportTrouble(error);
      return refusal ?? 'lost';
    } finally {
      isOver = true;
      room = null;
    }
  };

  const run = async (first: Connection | null): Promise<void> => {
    let connection = first;
    for (let attempt = 0; !signal.aborted; attempt += 1) {
      const began = Date.now();
      const end = await visit(connection);
      if (signal.aborted) return;
      if (end === 'moved') return emitter.emit('moved', undefined);
      if (!mayRejoin) return emitter.emit('ended', undefined);
      if (end !== 'lost' && !isTransient(end)) return emitter.emit('refused', end);
      emitter.emit('lost', undefined);
      connection = null;
      if (Date.now() - began > STABLE_MS) attempt = 0;
      const delay = end === 'lost' ? retry.delayMs(attempt) : retryDelayMs(retry, attempt, end);
      if (delay === null) {
        const message = 'The media could not be connected.';
        return emitter.emit('refused', new RinglineError('MEDIA_FAILED', message));
      }
      await pause(delay, signal);
    }
  };

  return {
    on: emitter.on,
    signal,
    get room() {
      return room;
    },
    start: (connection) => {
      run(connection).catch((error) => emitter.emit('error', asRinglineError(error)));
    },
    stopRejoining: () => {
      mayRejoin = false;
    },
    leave: () => {
      leaving.abort();
      room = null;
    },
  };
}
