import type { Call, Command, CommandName } from '@ringline/domain';
import type { Expected } from '../fixtures/given.ts';

/** A command on a call and the expected decision. */
export interface Case {
  sentence: string;
  call: () => Call;
  command: Command;
  expected: Expected;
  seconds: number;
}

/** The cases of each command on a call in one state. A missing command does not compile. */
export type Row = Record<CommandName, readonly Case[]>;

/** A case that is decided 4 s after the start by default, after all steps that prepare the call. */
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
/** These events are published, and then the call is in `state`. */
export function leadsTo(state: Call['state'], events: string[]): Expected {
  return {
    events,
    call: { state },
  };
}
