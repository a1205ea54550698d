import type { Call, Instant } from './call.ts';
import type { Command } from './commands.ts';
import type { Effect } from './effects.ts';
import type { CallEvent } from './events.ts';
import type { Refusal } from './refusals.ts';
import { acknowledgeRing, decline, join } from './rules/answer.ts';
import { deviceConnected, deviceDisconnected } from './rules/device.ts';
import { handOver, mute, muteAll, remove } from './rules/host.ts';
import { invite } from './rules/invite.ts';
import { adminEnd, end, leave } from './rules/leave.ts';
import { mediaJoined, mediaLeft, roomLost } from './rules/media.ts';
import { requestToken, toggle } from './rules/presence.ts';
import { passTime } from './rules/time.ts';
import { beginTurn, type Turn } from './turn.ts';

/**
 * What a command comes to. `events` and `effects` hold even beside a refusal: they are what time had
 * decided before the command came, so that a refusal always reports an outcome that stands.
 */
export interface Decision {
  call: Call;
  events: CallEvent[];
  effects: Effect[];
  refusal: Refusal | null;
}

function apply(turn: Turn, command: Command): Refusal | null {
  switch (command.name) {
    case 'ring_ack':
      return acknowledgeRing(turn, command);
    case 'join':
      return join(turn, command);
    case 'decline':
      return decline(turn, command);
    case 'leave':
      return leave(turn, command);
    case 'end':
      return end(turn, command);
    case 'invite':
      return invite(turn, command);
    case 'token':
      return requestToken(turn, command);
    case 'toggle':
      return toggle(turn, command);
    case 'mute':
      return mute(turn, command);
    case 'mute_all':
      return muteAll(turn, command);
    case 'remove':
      return remove(turn, command);
    case 'hand_over':
      return handOver(turn, command);
    case 'admin_end':
      return adminEnd(turn);
    case 'media_joined':
      return mediaJoined(turn, command);
    case 'media_left':
      return mediaLeft(turn, command);
    case 'device_disconnected':
      return deviceDisconnected(turn, command);
    case 'device_connected':
      return deviceConnected(turn, command);
    case 'room_lost':
      return roomLost(turn);
    case 'pass_time':
      return null;
  }
}

/**
 * Decides a command on a call at `now`: first what is already due, each at its own time, then the
 * command, then what the command has made due at once. Pure: no I/O, no clock, no randomness; `call` is the one
 * after `events`.
 */
export function decide(before: Call, command: Command, now: Instant): Decision {
  const due = passTime(before, now);
  const turn = beginTurn(due.call, now);
  const refusal = apply(turn, command);
  const dueNow = passTime(turn.call, turn.now);
  return {
    call: dueNow.call,
    events: [...due.events, ...turn.events, ...dueNow.events],
    effects: [...due.effects, ...turn.effects, ...dueNow.effects],
    refusal,
  };
}
