import { describe, expect, it } from '@jest/globals';
import { type CallState, start, type UserCommand } from '@ringline/domain';
import { group, over } from '../fixtures/calls.ts';
import { at, by, startOf } from '../fixtures/commands.ts';
import { given } from '../fixtures/given.ts';
import { connected, connecting, reconnecting } from './answered-rows.ts';
import { NOTHING, type Row } from './case.ts';
import { ringing } from './ringing-row.ts';
import { terminal } from './terminal-row.ts';

/** STATES.md, "Commands on a call", whole: a pair that is forgotten does not compile. */
const rows: Record<CallState, Row | null> = {
  // A start is committed together with its ring, so that no command ever meets it.
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

  it('is tried for every command', () => {
    expect(Object.entries(row).filter(([, some]) => some.length === 0)).toEqual([]);
  });
});

it.each([
  ['rings', startOf()],
  ['is refused by LiveKit', startOf({ mediaRefused: true })],
  ['finds everyone busy', startOf({ busyUsers: new Map([['bob', 'another call']]) })],
])('no start that %s leaves its call initiating', (_, command) => {
  expect(start(command, at(0)).call?.state).not.toBe('initiating');
});

const zoe = by('zoe');
const strangersCommands: Record<UserCommand['name'], ReturnType<typeof zoe.leaves>> = {
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
  'a user who is no part of a call that is %s',
  (_, call) => {
    it.each(Object.entries(strangersCommands))('finds no call to %s', (_name, command) => {
      given(call())
        .when(command, 4)
        .thenExpect({ refused: 'CALL_NOT_FOUND', ...NOTHING });
    });
  },
);
