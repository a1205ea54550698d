import { describe, expect, it } from '@jest/globals';
import { type CallState, start, type UserCommand } from '@ringline/domain';
import { group, over } from '../fixtures/calls.ts';
import { at, by, startOf } from '../fixtures/commands.ts';
import { given } from '../fixtures/given.ts';
import { connected, connecting, reconnecting } from './answered-rows.ts';
import { NOTHING, type Row } from './case.ts';
import { ringing } from './ringing-row.ts';
import { terminal } from './terminal-row.ts';

/** All commands on all states of a call. A missing pair does not compile. */
const rows: Record<CallState, Row | null> = {
  // The commit of the start already makes it `ringing`, so no command reaches this state.
  initiating: null,
  ringing,
  connecting,
  connected,
  reconnecting,
  ended: terminal('ended'),
  failed: terminal('failed'),
  busy: terminal('busy'),
  declined: terminal('declined'),
  missed: terminal('missed'),
  cancelled: terminal('cancelled'),
};

const met = Object.entries(rows).filter((entry): entry is [CallState, Row] => entry[1] !== null);

describe.each(met)('a command on a call that is %s', (state, row) => {
  const cases = Object.entries(row).flatMap(([name, some]) =>
    some.map((one) => ({ ...one, name })),
  );

  it.each(cases)('$name: $sentence', ({ name, call, command, expected, seconds }) => {
    const before = call();
    expect(command.name).toBe(name);
    expect(before.state).toBe(state);
    given(before).when(command, seconds).thenExpect(expected);
  });

  it('has a case for every command', () => {
    expect(Object.entries(row).filter(([, some]) => some.length === 0)).toEqual([]);
  });
});

it.each([
  ['rings', startOf()],
  ['LiveKit refuses', startOf({ mediaRefused: true })],
  ['finds everyone busy', startOf({ busyUsers: new Map([['bob', 'another call']]) })],
])('a start that %s does not leave its call initiating', (_, command) => {
  expect(start(command, at(0)).call?.state).not.toBe('initiating');
});

const zoe = by('zoe');
const strangerCommands: Record<UserCommand['name'], ReturnType<typeof zoe.leaves>> = {
  acknowledge_ring: zoe.acknowledges(),
  join: zoe.joins(),
  decline: zoe.declines(),
  leave: zoe.leaves(),
  end: zoe.ends(),
  invite: zoe.invites('yan'),
  token: zoe.asksForToken(),
  toggle: zoe.toggles({ audioEnabled: false }),
  mute: zoe.mutes('ann'),
  mute_all: zoe.mutesAll(),
  remove: zoe.removes('ann'),
  hand_over: zoe.handsOverTo('zoe'),
};

describe.each(Object.entries({ ...group, ...over }))(
  'a user who is not a participant of a call that is %s',
  (_, call) => {
    it.each(Object.entries(strangerCommands))('gets CALL_NOT_FOUND for %s', (_name, command) => {
      given(call())
        .when(command, 4)
        .thenExpect({ refused: 'CALL_NOT_FOUND', ...NOTHING });
    });
  },
);
