/** What is cut off: a person's machine from the network, or a part of ours from everything. */
const parts = ['caller', 'callee', 'call service', 'Redis', 'LiveKit'] as const;
export type CutPart = (typeof parts)[number];

/**
 * When the cut begins. Ringing: three seconds before Accept is pressed. Connecting: right after that. Connected: when both see
 * each other. Accept is pressed again for as long as it rings.
 */
const phases = ['ringing', 'connecting', 'connected'] as const;
export type Phase = (typeof phases)[number];

const lengths = [5, 15, 40] as const;

/** How the call must have come out when all is well again. */
export type Outcome = 'they talk' | 'missed' | 'connect_timeout' | 'connection_lost';

export interface Row {
  readonly part: CutPart;
  readonly phase: Phase;
  readonly seconds: number;
  /** Several where the moment decides. */
  readonly outcomes: readonly Outcome[];
}

function isPerson(part: CutPart): boolean {
  return part === 'caller' || part === 'callee';
}

/** Forty seconds are longer than a ring (30 s), than the way into the media (30 s), and than the grace period (15 s). */
function outcomesOf(part: CutPart, phase: Phase, seconds: number): readonly Outcome[] {
  if (seconds < 40 || part === 'call service' || part === 'Redis') return ['they talk'];
  if (phase === 'ringing' && part === 'callee') return ['missed'];
  if (phase !== 'connected') return ['connect_timeout'];
  return isPerson(part) ? ['connection_lost'] : ['they talk'];
}

export const allRows: readonly Row[] = parts.flatMap((part) =>
  phases.flatMap((phase) =>
    lengths.map((seconds) => ({
      ...{ part, phase, seconds },
      outcomes: outcomesOf(part, phase, seconds),
    })),
  ),
);

export function nameOf({ part, phase, seconds }: Row): string {
  return `${part}, ${phase}, ${seconds} s`;
}
