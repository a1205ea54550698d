import type { UserCommand } from '@ringline/domain';
import fc from 'fast-check';
import { DEVICES } from './service.ts';

/*
 * The random choices, as numbers without a meaning of their own: they choose among the users and
 * calls of a world. `apt` draws choose where the model would not refuse, so that calls get
 * somewhere; the others choose blindly.
 */

const number = fc.nat(99);
function mostly(value: boolean) {
  return fc.oneof({ weight: 4, arbitrary: fc.constant(value) }, fc.boolean());
}
function weighted<Name extends string>(weights: Record<Name, number>) {
  return fc.oneof(
    ...(Object.entries(weights) as [Name, number][]).map(([name, weight]) => ({
      weight,
      arbitrary: fc.constant(name),
    })),
  );
}

const from = {
  who: number,
  device: fc.constantFrom(null, ...DEVICES, ...DEVICES),
  socket: fc.boolean(),
  keyed: fc.boolean(),
  replica: fc.nat(1),
};

/** A start; one that crosses is by a user who is being called, and calls back. */
export const startDraw = fc.record({
  draw: fc.constant('start' as const),
  ...from,
  whom: fc.uniqueArray(number, { minLength: 1, maxLength: 4 }),
  group: fc.boolean(),
  crosses: fc.boolean(),
  video: fc.boolean(),
});

const HOW_OFTEN: Record<UserCommand['name'], number> = {
  join: 14,
  acknowledge_ring: 4,
  decline: 4,
  leave: 4,
  end: 2,
  invite: 7,
  token: 2,
  toggle: 2,
  mute: 2,
  mute_all: 1,
  remove: 4,
  hand_over: 2,
};

export const commandDraw = fc.record({
  draw: fc.constant('command' as const),
  ...from,
  call: number,
  apt: mostly(true),
  what: weighted(HOW_OFTEN),
  whom: fc.uniqueArray(number, { minLength: 1, maxLength: 2 }),
  yes: fc.boolean(),
  again: fc.boolean(),
  kind: number,
});

/** Repeats an earlier request with its key. */
export const repeatDraw = fc.record({
  draw: fc.constant('repeat' as const),
  which: number,
  replica: fc.nat(1),
});

export const reportDraw = fc.record({
  draw: fc.constant('report' as const),
  call: number,
  who: number,
  apt: mostly(true),
  event: weighted({
    participant_joined: 6,
    participant_left: 3,
    participant_connection_aborted: 1,
  }),
  /** A new session, the known one, or one that may be long over. */
  session: weighted({ new: 6, current: 5, old: 2 }),
  age: number,
  replaced: fc.boolean(),
  replica: fc.nat(1),
});

export const roomFinishedDraw = fc.record({
  draw: fc.constant('room_finished' as const),
  call: number,
  replica: fc.nat(1),
});

/** Repeats a webhook, or delivers it late. */
export const repeatedReportDraw = fc.record({
  draw: fc.constant('repeated_report' as const),
  which: number,
  replica: fc.nat(1),
});

export const operatorEndDraw = fc.record({
  draw: fc.constant('operator_end' as const),
  call: number,
  scope: fc.constantFrom('service' as const, 'admin' as const),
  replica: fc.nat(1),
});

export const workDraw = fc.record({
  draw: fc.constant('work' as const),
  workers: fc.integer({ min: 1, max: 2 }),
});

type DrawOf<Arbitrary> = Arbitrary extends fc.Arbitrary<infer Value> ? Value : never;
export type StartDraw = DrawOf<typeof startDraw>;
export type CommandDraw = DrawOf<typeof commandDraw>;
export type ReportDraw = DrawOf<typeof reportDraw>;
export type Draw =
  | StartDraw
  | CommandDraw
  | ReportDraw
  | DrawOf<
      | typeof repeatDraw
      | typeof roomFinishedDraw
      | typeof repeatedReportDraw
      | typeof operatorEndDraw
      | typeof workDraw
    >;

/** The step of the clock: a number of milliseconds, or until a deadline, or just before it. */
export const timeDraw = fc.record({
  call: number,
  by: fc.oneof(
    { weight: 6, arbitrary: fc.nat(3_000) },
    { weight: 1, arbitrary: fc.nat(60_000) },
    { weight: 2, arbitrary: fc.constantFrom('due' as const, 'before due' as const) },
  ),
});
export type TimeDraw = DrawOf<typeof timeDraw>;
