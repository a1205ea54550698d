import { setTimeout as delay } from 'node:timers/promises';
import { callNotFound, type Refusal } from '@ringline/domain';
import type { CommitResult } from '@ringline/store';
import type { Attached, Decided, Engine, IdempotencyRequest, Origin, Outcome } from '../engine.ts';
import { type CommandChange, type CommandRequest, decideCommand } from './decide-command.ts';
import {
  decideStart,
  deleteUnusedRoom,
  prepareStart,
  type StartChange,
  type StartRequest,
} from './decide-start.ts';
import { hasMutes, runMutes } from './effects.ts';
import { findIdempotent, toIdempotentResult } from './idempotency.ts';
import { save } from './save.ts';

/** Why a decision could not be committed, so that the change is decided again. */
type Lost =
  | { outcome: 'conflict' | 'claimed' | 'repeated' | 'glare_missed' }
  | Extract<CommitResult, { outcome: 'timed_out' }>;

/** How often a change is attempted. A timeout takes seconds, so it is retried less. */
const MAX_ATTEMPTS: Record<Lost['outcome'], number> = {
  conflict: 20,
  claimed: 20,
  repeated: 20,
  glare_missed: 20,
  timed_out: 3,
};
const RETRY_SPREAD_MS = 5;

/**
 * Waits a little longer each time, and at random, so that the losers of a race do not race again.
 */
async function pauseBeforeRetry(engine: Engine, lost: Lost, attempt: number): Promise<void> {
  engine.metrics.commandRetries.inc({ reason: lost.outcome });
  if (attempt >= MAX_ATTEMPTS[lost.outcome]) {
    if (lost.outcome === 'timed_out') throw lost.error;
    throw new Error(`a change was not committed in ${attempt} attempts: ${lost.outcome}`);
  }
  await delay(Math.random() * RETRY_SPREAD_MS * attempt);
}

function toOutcome({ before, call, merged = false }: Decided, { idempotency }: Attached): Outcome {
  const usual = before === null ? 201 : 200;
  const status = merged ? 200 : (idempotency?.status ?? usual);
  return { refusal: null, call, status, merged };
}

/**
 * Mutes are the only effect that a response waits for: the reconciler cannot detect a user who is
 * still audible. The idempotency key gets its result afterwards.
 */
async function finishMutes(engine: Engine, decided: Decided, attached: Attached): Promise<Outcome> {
  const { call, effects } = decided;
  let refusal: Refusal | null = null;
  try {
    await runMutes(engine, call, effects);
  } catch (error) {
    engine.logger.warn('LiveKit mute failed', { callId: call.id, error });
    refusal = { code: 'MEDIA_UNAVAILABLE', message: 'The media server does not answer.' };
  }
  const result = toIdempotentResult({ effects: [], refusal }, attached);
  if (result !== null) await engine.store.saveIdempotent(call.id, result);
  return refusal === null ? toOutcome(decided, attached) : { refusal, call };
}

function finish(engine: Engine, decided: Decided, attached: Attached): Outcome | Promise<Outcome> {
  const { refusal, call, effects } = decided;
  if (hasMutes(effects)) return finishMutes(engine, decided, attached);
  return refusal === null ? toOutcome(decided, attached) : { refusal, call };
}

/**
 * The only way to change a call: load, find busy users, decide, commit, publish, run effects. A
 * change that loses a race starts again with the load.
 */
async function changeCall(
  engine: Engine,
  change: StartChange | CommandChange,
  origin: Origin,
  attached: Attached,
): Promise<Outcome> {
  for (let attempt = 1; ; attempt += 1) {
    const repeated = await findIdempotent(engine, attached.idempotency);
    if (repeated !== null) return repeated;
    const step =
      'start' in change
        ? await decideStart(engine, change, attached.idempotency)
        : await decideCommand(engine, change);
    if ('outcome' in step) return step.outcome;
    if ('lost' in step) {
      await pauseBeforeRetry(engine, step.lost, attempt);
      continue;
    }
    const { decided } = step;
    const result = await save(engine, decided, origin, attached);
    switch (result.outcome) {
      case 'committed':
        return finish(engine, decided, attached);
      case 'duplicate_webhook':
        return toOutcome({ ...decided, call: decided.before ?? decided.call }, attached);
      case 'gone':
        return { refusal: callNotFound, call: null };
      case 'timed_out':
        await pauseBeforeRetry(engine, result, attempt);
        break;
      default:
        await pauseBeforeRetry(engine, { outcome: result.outcome }, attempt);
    }
  }
}

/** Runs a command on a call. Rejects if the database does not answer. */
export function runCommand(
  engine: Engine,
  callId: string,
  request: CommandRequest,
  origin: Origin,
  attached: Attached = {},
): Promise<Outcome> {
  return changeCall(engine, { callId, request }, origin, attached);
}

/** Starts a call: creates the room, then claims the users, starts and rings in one commit. */
export async function startCall(
  engine: Engine,
  request: StartRequest,
  origin: Origin,
  idempotency?: IdempotencyRequest,
): Promise<Outcome> {
  const change = await prepareStart(engine, request);
  const outcome = await changeCall(engine, change, origin, { idempotency });
  deleteUnusedRoom(engine, change, outcome);
  return outcome;
}
