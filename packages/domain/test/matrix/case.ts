import type { Call, Command, CommandName } from '@ringline/domain';
import type { Expected } from '../fixtures/given.ts';

/** One way in which a command meets a call. */
export interface Case {
  sentence: string;
  call: () => Call;
  command: Command;
  expected: Expected;
  seconds: number;
}

/** A row of STATES.md's "Commands on a call", turned: a command that is forgotten does not compile. */
export type Row = Record<CommandName, readonly Case[]>;

/** Decided 4 s after the start, which is after all that made the call, unless another second is said. */
export function when(
  sentence: string,
  call: () => Call,
  command: Command,
  expected: Expected,
  seconds = 4,
): Case {
  return { sentence, call, command, expected, seconds };
}

export const NOTHING: Expected = { unchanged: true, effects: [] };
export function refusedAs(refused: NonNullable<Expected['refused']>): Expected {
  return {
    refused,
    ...NOTHING,
  };
}
/** `events` are heard, and then the call is in `state`. */
export function leadsTo(state: Call['state'], events: string[]): Expected {
  return {
    events,
    call: { state },
  };
}
