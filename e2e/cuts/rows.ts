/** What is cut off: a person's machine, or one of our processes. */
const parts = ['caller', 'callee', 'call service', 'Redis', 'LiveKit'] as const;
export type CutPart = (typeof parts)[number];

/**
 * When the cut begins. Ringing: three seconds before Accept is pressed. Connecting: right after
 * Accept. Connected: when both see each other. Accept is pressed again while the call rings.
 */
const phases = ['ringing', 'connecting', 'connected'] as const;
export type Phase = (typeof phases)[number];

const lengths = [5, 15, 40] as const;

/** The state of the call after the cut. */
export type Outcome = 'they talk' | 'missed' | 'connect_timeout' | 'connection_lost';

export interface Row {
  readonly part: CutPart;
  readonly phase: Phase;
  readonly seconds: number;
  /** Several if timing decides. */
  readonly outcomes: readonly Outcome[];
}

function isPerson(part: CutPart): boolean {
  return part === 'caller' || part === 'callee';
}

/**
 * Forty seconds exceed the ring (30 s), the time to connect media (30 s), and the grace period (15
 * s).
 */
function expectOutcomes(part: CutPart, phase: Phase, seconds: number): readonly Outcome[] {
  if (seconds < 40 || part === 'call service' || part === 'Redis') return ['they talk'];
  if (phase === 'ringing' && part === 'callee') return ['missed'];
  if (phase !== 'connected') return ['connect_timeout'];
  return isPerson(part) ? ['connection_lost'] : ['they talk'];
}

export const allRows: readonly Row[] = parts.flatMap((part) =>
  phases.flatMap((phase) =>
    lengths.map((seconds) => ({
      ...{ part, phase, seconds },
      outcomes: expectOutcomes(part, phase, seconds),
    })),
  ),
);

export function toName({ part, phase, seconds }: Row): string {
  return `${part}, ${phase}, ${seconds} s`;
}
