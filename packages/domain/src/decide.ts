import type { Call, Instant } from './call.ts';
import type { Command } from './commands.ts';
import { beginDecision, type DecisionContext } from './decision-context.ts';
import type { Effect } from './effects.ts';
import type { CallEvent } from './events.ts';
import type { Refusal } from './refusals.ts';
import { acknowledgeRing, decline, join } from './rules/answer.ts';
import { deviceConnected, deviceDisconnected } from './rules/device.ts';
import { handOver, mute, muteAll, remove } from './rules/host.ts';
import { invite } from './rules/invite.ts';
import { end, forceEnd, leave } from './rules/leave.ts';
import { mediaJoined, mediaLeft, roomLost } from './rules/media.ts';
import { requestToken, toggle } from './rules/presence.ts';
import { expireDeadlines } from './rules/time.ts';

/**
 * The result of a command. A refusal can come with events and effects: those of the deadlines that
 * expired before the command. So a refusal always reports a final outcome.
 */
export interface Decision {
  call: Call;
  events: CallEvent[];
  effects: Effect[];
  refusal: Refusal | null;
}

function apply(context: DecisionContext, command: Command): Refusal | null {
  switch (command.name) {
    case 'acknowledge_ring':
      return acknowledgeRing(context, command);
    case 'join':
      return join(context, command);
    case 'decline':
      return decline(context, command);
    case 'leave':
      return leave(context, command);
    case 'end':
      return end(context, command);
    case 'invite':
      return invite(context, command);
    case 'token':
      return requestToken(context, command);
    case 'toggle':
      return toggle(context, command);
    case 'mute':
      return mute(context, command);
    case 'mute_all':
      return muteAll(context, command);
    case 'remove':
      return remove(context, command);
    case 'hand_over':
      return handOver(context, command);
    case 'force_end':
      return forceEnd(context);
    case 'media_joined':
      return mediaJoined(context, command);
    case 'media_left':
      return mediaLeft(context, command);
    case 'device_disconnected':
      return deviceDisconnected(context, command);
    case 'device_connected':
      return deviceConnected(context, command);
    case 'room_lost':
      return roomLost(context);
    case 'expire_deadlines':
      return null;
  }
}

/**
 * Decides a command on a call at `now`: first the deadlines that are due, each at its own time,
 * then the command, then the deadlines that the command made due. Pure: no I/O, no clock, no
 * randomness.
 */
export function decide(before: Call, command: Command, now: Instant): Decision {
  const due = expireDeadlines(before, now);
  const context = beginDecision(due.call, now);
  const refusal = apply(context, command);
  const dueNow = expireDeadlines(context.call, context.now);
  return {
    call: dueNow.call,
    events: [...due.events, ...context.events, ...dueNow.events],
    effects: [...due.effects, ...context.effects, ...dueNow.effects],
    refusal,
  };
}
