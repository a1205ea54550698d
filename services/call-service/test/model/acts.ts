import type { StartBody } from '@ringline/contract';
import type { Person, UserCommand } from '@ringline/domain';
import type { CommandRequest } from '@ringline/engine';

/**
 * A user's request about a call, as a command of the machine. Who is busy is found out elsewhere.
 */
export type UserRequest = Extract<CommandRequest, { name: UserCommand['name'] }>;

export type Asked =
  | { name: 'start'; body: StartBody }
  | { name: 'command'; callId: string; request: UserRequest };

/** A request of a user's device. */
export interface Ask {
  act: 'ask';
  by: Person;
  /** null: the request names no device. */
  device: string | null;
  /** By REST, or by the socket of that device. */
  via: 'rest' | 'socket';
  key: string | null;
  replica: number;
  asked: Asked;
}

/** LiveKit's webhook about a user in a call's room. A repeated one has the same id. */
export interface Report {
  act: 'report';
  id: string;
  callId: string;
  event: 'participant_joined' | 'participant_left' | 'participant_connection_aborted';
  userId: string;
  session: { sid: string; joinedAtMs: number };
  replaced: boolean;
  replica: number;
}

/** LiveKit reports that a call's room has finished. */
export interface RoomFinished {
  act: 'room_finished';
  id: string;
  callId: string;
  replica: number;
}

/** The host app's back end, or an operator, ends a call. */
export interface OperatorEnd {
  act: 'operator_end';
  scope: 'service' | 'admin';
  callId: string;
  replica: number;
}

/** Several workers expire the due deadlines at the same time. */
export interface Work {
  act: 'work';
  workers: number;
}

/** Every act that can change the state of the service, except for the clock. */
export type Act = Ask | Report | RoomFinished | OperatorEnd | Work;

/** One line in the report of a counterexample. */
export function describeAct(act: Act): string {
  switch (act.act) {
    case 'ask': {
      const { by, device, via, key, replica, asked } = act;
      const what =
        asked.name === 'start'
          ? `starts ${JSON.stringify(asked.body)}`
          : `${JSON.stringify(asked.request)} on ${asked.callId}`;
      const how = `by ${via}, device ${device}, key ${key}, replica ${replica}`;
      return `${by.userId} ${what} (${how})`;
    }
    case 'work':
      return `${act.workers} workers apply what is due`;
    default: {
      const { act: name, ...rest } = act;
      return `${name} ${JSON.stringify(rest)}`;
    }
  }
}
