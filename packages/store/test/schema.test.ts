import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { command, connectedCall, person, startCall } from './decisions.ts';
import { createStoreFixture, type StoreFixture } from './store-fixture.ts';

let fixture: StoreFixture;
let ringing: string;
let ended: string;
beforeAll(async () => {
  fixture = await createStoreFixture();
  const { store } = fixture;
  ringing = await startCall(store, 'ann', ['bob']);
  ended = await connectedCall(store, 'cyn', 'dan');
  await command(store, ended, { name: 'end', person: person('cyn') });
});
afterAll(() => fixture.stop());

describe('the database refuses', () => {
  const refusal = (sql: string, parameters: unknown[]) =>
    fixture.query(sql, parameters).then(
      () => 'accepted',
      (error: { constraint?: string }) => error.constraint,
    );

  it.each([
    ["state = 'hanging'", 'calls_state_check'],
    ["type = 'fax'", 'calls_type_check'],
    ["mode = 'crowd'", 'calls_mode_check'],
    ["state = 'ended'", 'calls_terminal_states_have_an_end'],
    ['ended_at = now()', 'calls_terminal_states_have_an_end'],
    ["ended_by = 'ann'", 'calls_terminal_states_have_an_end'],
    ["state = 'connected'", 'calls_running_states_were_answered'],
    ['connected_at = now()', 'calls_running_states_were_answered'],
    ["host_id = 'ann'", 'calls_only_groups_have_a_host'],
    ["mode = 'group'", 'calls_only_groups_have_a_host'],
    ['seq = 0', 'calls_seq_check'],
    ['version = 0', 'calls_version_check'],
    ['max_participants = 1', 'calls_max_participants_check'],
    ['duration_seconds = -1', 'calls_duration_seconds_check'],
    ["metadata = '[]'", 'calls_metadata_check'],
    ["created_at = now() + interval '1 year'", undefined],
  ])('a ringing call with %s', async (change, constraint) => {
    const refused = await refusal(`UPDATE calls SET ${change} WHERE id = $1`, [ringing]);
    expect(refused).toBe(constraint ?? 'accepted');
  });

  it.each([
    [
      "state = 'ringing', answered_at = NULL, connected_at = NULL",
      'calls_terminal_states_have_an_end',
    ],
    ["end_reason = 'boredom'", 'calls_end_reason_check'],
    ['end_reason = NULL', 'calls_terminal_states_have_an_end'],
    ['next_due_at = now()', 'calls_terminal_states_have_no_deadline'],
    ["ended_at = created_at - interval '1 second'", 'calls_times_are_in_order'],
    ["connected_at = answered_at - interval '1 second'", 'calls_times_are_in_order'],
  ])('an ended call with %s', async (change, constraint) => {
    expect(await refusal(`UPDATE calls SET ${change} WHERE id = $1`, [ended])).toBe(constraint);
  });

  it.each([
    ["state = 'waiting', outcome = 'missed'", 'call_participants_state_check'],
    [
      "outcome = 'fine', state = 'left', exit_at = now(), exit_cause = 'left'",
      'call_participants_outcome_check',
    ],
    ["outcome = 'missed'", 'call_participants_live_are_ongoing'],
    ["state = 'left', outcome = 'missed'", 'call_participants_out_have_an_exit'],
    ["exit_at = now(), exit_cause = 'left'", 'call_participants_out_have_an_exit'],
    ["state = 'joining'", 'call_participants_in_accepted'],
    ["state = 'ringing'", 'call_participants_ringing_since'],
    ['ring_expires_at = NULL', 'call_participants_rung_have_a_deadline'],
    ['deadline = now()', 'call_participants_only_in_hold_a_place'],
    ["session_sid = 'PA'", 'call_participants_only_in_hold_a_place'],
    ['session_joined_at_ms = 1', 'call_participants_sessions_are_whole'],
    ['barred = true', 'call_participants_only_out_are_barred'],
    ['stayed_ms = -1', 'call_participants_stayed_ms_check'],
    ['rings = -1', 'call_participants_rings_check'],
  ])('an invited participant with %s', async (change, constraint) => {
    const sql = `UPDATE call_participants SET ${change} WHERE call_id = $1 AND user_id = 'bob'`;
    const refused = await refusal(sql, [ringing]);
    expect(refused).toBe(constraint);
  });

  it('an invitation with an unknown outcome, or with an outcome and no end', async () => {
    const set = (change: string) =>
      refusal(`UPDATE call_invitations SET ${change} WHERE call_id = $1`, [ringing]);
    expect(await set("outcome = 'ignored', ended_at = now()")).toBe(
      'call_invitations_outcome_check',
    );
    expect(await set("outcome = 'missed'")).toBe('call_invitations_outcome_is_the_end');
    expect(await set('expires_at = NULL')).toBe('call_invitations_open_ones_expire');
  });

  it('a second event of a call with the same number', async () => {
    const again = await refusal(
      `INSERT INTO call_events SELECT * FROM call_events WHERE call_id = $1 AND seq = 1`,
      [ringing],
    );
    expect(again).toBe('call_events_pkey');
  });

  it('a second call with the same room', async () => {
    const taken = await refusal(
      'UPDATE calls SET room_name = (SELECT room_name FROM calls WHERE id = $1) WHERE id = $2',
      [ringing, ended],
    );
    expect(taken).toBe('calls_room_name_key');
  });

  it('a second row in clock_offset', async () => {
    await fixture.moveTime(0);
    const second = await refusal('INSERT INTO clock_offset (milliseconds) VALUES (1)', []);
    expect(second).toBe('clock_offset_pkey');
  });
});

describe('updated_at', () => {
  it.each(['calls', 'call_participants', 'call_invitations'])(
    'changes with every update of %s',
    async (table) => {
      const { query, moveTime } = fixture;
      const column = table === 'calls' ? 'id' : 'call_id';
      const read = async (): Promise<Date> => {
        const [row] = await query<{ updated_at: Date }>(
          `SELECT updated_at FROM ${table} WHERE ${column} = $1 ORDER BY updated_at LIMIT 1`,
          [ended],
        );
        if (row === undefined) throw new Error('no such row');
        return row.updated_at;
      };
      const before = await read();
      await moveTime(60_000);
      await query(`UPDATE ${table} SET ${column} = ${column} WHERE ${column} = $1`, [ended]);
      expect((await read()).getTime() - before.getTime()).toBeGreaterThanOrEqual(60_000);
    },
  );
});

describe('the views', () => {
  it('list active calls, and the direction and outcome of each call for each user', async () => {
    const { query } = fixture;
    expect(await query('SELECT id, state FROM active_calls')).toEqual([
      { id: ringing, state: 'ringing' },
    ]);
    expect(
      await query(
        'SELECT user_id, direction, outcome FROM call_history WHERE call_id = $1 ORDER BY user_id',
        [ended],
      ),
    ).toEqual([
      { user_id: 'cyn', direction: 'outgoing', outcome: 'completed' },
      { user_id: 'dan', direction: 'incoming', outcome: 'completed' },
    ]);
  });
});
