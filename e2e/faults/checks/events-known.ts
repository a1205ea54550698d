import { applyEvent, type Call, type CallEvent } from '@ringline/contract';
import type { Known } from '../ledger.ts';
import type { Check, Evidence, Violation } from './check.ts';

interface Committed {
  readonly callId: string;
  readonly events: readonly CallEvent[];
}

/** An event that a user's devices must know. */
interface Due {
  readonly callId: string;
  readonly seq: number;
  /**
   * They are ringing or in the call, so `call:sync` shows it to a device that has not heard of it.
   */
  readonly isActive: boolean;
}

const LIVE = ['invited', 'ringing', 'joining', 'joined', 'reconnecting'];

function isActiveIn(call: Call | null, userId: string): boolean {
  return (
    call?.participants.some((one) => one.userId === userId && LIVE.includes(one.state)) ?? false
  );
}

/** The last event that concerns each user: the one with which they left, or the call's last. */
function dueIn({ callId, events }: Committed): Map<string, Due> {
  const due = new Map<string, Due>();
  let call: Call | null = null;
  for (const event of events) {
    const before: Call | null = call;
    call = before === null ? null : applyEvent(before, event);
    if (event.event === 'call:started') call = event.call;
    for (const { userId } of call?.participants ?? []) {
      const isActive = isActiveIn(call, userId);
      if (isActive || isActiveIn(before, userId))
        due.set(userId, { callId, seq: event.seq, isActive });
    }
  }
  return due;
}

function hasHeard(known: Known | undefined, { seq, isActive }: Due): boolean {
  return known === undefined ? !isActive : known.seq >= seq;
}

async function committedNow({ world }: Evidence): Promise<Committed[]> {
  return world.rows<Committed>(
    `SELECT call_id AS "callId", json_agg(payload ORDER BY seq) AS events FROM call_events
     WHERE call_id IN (SELECT id FROM calls WHERE created_at > ringline_now() - interval '3 minutes')
     GROUP BY call_id`,
  );
}

/** Soon after a fault, all devices know what was committed before its end and concerns them. */
export const eventsKnown: Check = {
  name: 'events-are-known-to-every-device-within-twelve-seconds',
  withinMs: 12_000,
  async begin(evidence) {
    const { ledger } = evidence;
    const due = (await committedNow(evidence)).map(dueIn);
    return async () => {
      const violations: Violation[] = [];
      for (const [userId, one] of due.flatMap((users) => [...users])) {
        const { callId, seq } = one;
        for (const deviceId of ledger.devicesOf(userId)) {
          const known = ledger.known.get(deviceId)?.get(callId);
          if (
            hasHeard(known, one) ||
            (known === undefined && (await isOver(evidence, one, userId)))
          ) {
            continue;
          }
          const knows = known ? `knows event ${known.seq}` : 'does not know the call';
          const detail = `${deviceId} ${knows}; event ${seq} was committed before the fault was over`;
          violations.push({ invariant: eventsKnown.name, callId, deviceId, detail });
        }
      }
      return violations;
    };
  },
};

/** A call that ended for its user before the device heard of it is only in the history. */
async function isOver({ world }: Evidence, { callId }: Due, userId: string): Promise<boolean> {
  const live = await world.rows(
    'SELECT FROM call_participants WHERE call_id = $1 AND user_id = $2 AND exit_at IS NULL',
    [callId, userId],
  );
  return live.length === 0;
}
