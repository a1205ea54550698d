import type { Violation } from './checks/check.ts';
import type { Ledger } from './ledger.ts';
import type { Load } from './load.ts';
import type { World } from './world.ts';

const SHOWN_VIOLATIONS = 20;
const SHOWN_LINES = 60;

interface EventRow {
  readonly seq: number;
  readonly at: Date;
  readonly event: string;
  readonly actor: string;
  readonly request_id: string | null;
}

async function tellStory(world: World, callId: string): Promise<string[]> {
  const events = await world.rows<EventRow>(
    'SELECT seq, at, event, actor, request_id FROM call_events WHERE call_id = $1 ORDER BY seq',
    [callId],
  );
  const logged = world.processes.flatMap(({ name, lines }) =>
    lines()
      .filter((line) => line.includes(callId))
      .map((line) => ({ name, line })),
  );
  // Every line starts with its time of day.
  const sorted = logged.toSorted((one, other) => (one.line < other.line ? -1 : 1));
  return [
    `  events of call ${callId}:`,
    ...events.map(
      ({ seq, at, event, actor, request_id }) =>
        `    ${seq}  ${at.toISOString()}  ${event}  by ${actor}  request ${request_id ?? 'none'}`,
    ),
    `  log of call ${callId}:`,
    ...sorted.slice(-SHOWN_LINES).map(({ name, line }) => `    ${name}  ${line}`),
  ];
}

/** Lists every violation, and once for each call its events and log lines. */
export async function describeViolations(
  world: World,
  ledger: Ledger,
  violations: readonly Violation[],
): Promise<string[]> {
  const shown = violations.slice(0, SHOWN_VIOLATIONS);
  const lines = shown.map(
    ({ invariant, callId, detail }) =>
      `VIOLATED  ${invariant}  call ${callId ?? 'none'}  ${detail}`,
  );
  if (violations.length > shown.length) lines.push(`and ${violations.length - shown.length} more`);
  const callIds = new Set(shown.flatMap(({ callId }) => (callId === null ? [] : [callId])));
  for (const callId of [...callIds].slice(0, 3)) {
    lines.push(...(await tellStory(world, callId)));
  }
  const deviceIds = new Set(shown.flatMap(({ deviceId = null }) => deviceId ?? []));
  for (const deviceId of [...deviceIds].slice(0, 3)) {
    lines.push(`  log of ${deviceId}:`, ...ledger.logOf(deviceId).map((line) => `    ${line}`));
  }
  return lines;
}

/** Counts what was done, to show that the run was under load. */
export function summarize(ledger: Ledger, load: Load): string {
  const refusals = [...ledger.refusals].map(([code, count]) => `${count} ${code}`).join(', ');
  const calls = new Set(ledger.acknowledged.map(({ callId }) => callId)).size;
  const removals = load.conferences.reduce((sum, one) => sum + one.removals, 0);
  const judged = load.conferences.reduce((sum, one) => sum + one.judged, 0);
  return (
    `${calls} calls, ${ledger.acknowledged.length} acknowledged requests, ${ledger.samples.length} samples, ` +
    `${removals} removals from rooms (${judged} outside of faults); refused: ${refusals || 'none'}`
  );
}
