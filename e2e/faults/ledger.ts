import type { Call } from '@ringline/contract';

/** When the last fault ended. */
export interface FaultClock {
  /** `Date.now()`; Infinity during a fault. */
  over(): number;
}

/** A successful answer, by REST or socket, that names a call. */
export interface Acknowledged {
  readonly at: number;
  readonly userId: string;
  readonly what: string;
  readonly callId: string;
  readonly seq: number;
}

export interface AcknowledgedSample {
  readonly at: number;
  readonly callId: string;
  readonly userId: string;
  /** ISO 8601 with milliseconds. A user never reports the same instant twice. */
  readonly measuredAt: string;
}

/** A device's knowledge of one call. */
export interface Known {
  readonly seq: number;
  readonly call: Call;
}

/** All answers and events of the users. The checker compares them with the database. */
export interface Ledger {
  readonly acknowledged: readonly Acknowledged[];
  readonly samples: readonly AcknowledgedSample[];
  /** How often each code was answered, for the report. */
  readonly refusals: ReadonlyMap<string, number>;
  /** By device, then by call. */
  readonly known: ReadonlyMap<string, ReadonlyMap<string, Known>>;
  /** Violations that were seen in answers and events. */
  readonly violations: readonly LedgerViolation[];
  devicesOf(userId: string): readonly string[];
  /** The last lines that the SDK of a device logged. */
  logOf(deviceId: string): readonly string[];
  own(userId: string, deviceId: string): void;
  acknowledge(entry: Omit<Acknowledged, 'at'>): void;
  acknowledgeSample(entry: Omit<AcknowledgedSample, 'at'>): void;
  /** `where` names the request, the user and the request's id. */
  refuse(code: string, where: string): void;
  learn(deviceId: string, call: Call): void;
  log(deviceId: string, line: string): void;
  violate(violation: LedgerViolation): void;
}

export interface LedgerViolation {
  readonly invariant: string;
  readonly callId: string | null;
  /** Set if it concerns one device. */
  readonly deviceId?: string;
  readonly detail: string;
}

function toEnd({ state, endReason, endedAt }: Call): string | null {
  return endedAt === null ? null : `${state}, ${endReason}, at ${endedAt}`;
}

/** How soon after a fault its effects must be over. */
const PASSES_WITHIN_MS = 5000;
const TRANSIENT: readonly string[] = ['UNAVAILABLE', 'MEDIA_UNAVAILABLE', 'RATE_LIMITED'];

/** How many lines of a device's log are kept. */
const LOG_LINES = 40;

export function openLedger(faults: FaultClock): Ledger {
  const acknowledged: Acknowledged[] = [];
  const samples: AcknowledgedSample[] = [];
  const refusals = new Map<string, number>();
  const known = new Map<string, Map<string, Known>>();
  const owned = new Map<string, string[]>();
  const ends = new Map<string, string>();
  const logs = new Map<string, string[]>();
  const violations: LedgerViolation[] = [];

  const noteEnd = (deviceId: string, call: Call) => {
    const end = toEnd(call);
    const before = ends.get(call.id);
    if (before === undefined && end !== null) ends.set(call.id, end);
    if (before === undefined || end === null || before === end) return;
    const detail = `${deviceId} was told "${end}", and another device "${before}"`;
    violations.push({ invariant: 'terminal-never-changes', callId: call.id, deviceId, detail });
  };

  const brokenBy = (code: string): string | null => {
    if (code === 'INTERNAL') return 'no-request-ends-in-INTERNAL';
    const isLate = Date.now() > faults.over() + PASSES_WITHIN_MS;
    return TRANSIENT.includes(code) && isLate ? 'a-refusal-passes-with-its-cause' : null;
  };

  return {
    acknowledged,
    samples,
    refusals,
    known,
    violations,
    devicesOf: (userId) => owned.get(userId) ?? [],
    logOf: (deviceId) => logs.get(deviceId) ?? [],
    own: (userId, deviceId) => owned.set(userId, [...(owned.get(userId) ?? []), deviceId]),
    acknowledge: (entry) => acknowledged.push({ ...entry, at: Date.now() }),
    acknowledgeSample: (entry) => samples.push({ ...entry, at: Date.now() }),
    refuse: (code, where) => {
      refusals.set(code, (refusals.get(code) ?? 0) + 1);
      const invariant = brokenBy(code);
      if (invariant) violations.push({ invariant, callId: null, detail: `${code} to ${where}` });
    },
    learn: (deviceId, call) => {
      const calls = known.get(deviceId) ?? new Map<string, Known>();
      known.set(deviceId, calls);
      if (call.seq <= (calls.get(call.id)?.seq ?? 0)) return;
      calls.set(call.id, { seq: call.seq, call });
      noteEnd(deviceId, call);
    },
    log: (deviceId, line) => {
      const latest = (logs.get(deviceId) ?? []).slice(1 - LOG_LINES);
      logs.set(deviceId, [...latest, `${new Date().toISOString().slice(11)}  ${line}`]);
    },
    violate: (violation) => violations.push(violation),
  };
}
