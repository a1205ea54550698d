import { isDeepStrictEqual } from 'node:util';
import { applyEvent, type CallEvent, type Call as WireCall } from '@ringline/contract';
import type { CallInvariant } from '@ringline/store';
import { toWireCall } from '../wire.ts';

/** null where the events do not begin a call. */
function fold(events: readonly CallEvent[]): WireCall | null {
  const [first, ...others] = events;
  return first?.event === 'call:started' ? others.reduce(applyEvent, first.call) : null;
}

/** Events that 0.1 sent know nothing of devices. */
function asSentBefore(kept: WireCall, folded: WireCall): WireCall {
  return {
    ...kept,
    participants: kept.participants.map((participant, index) => {
      const { deviceHash: _unknown, ...others } = participant;
      const sent = folded.participants[index];
      return sent !== undefined && !('deviceHash' in sent)
        ? (others as typeof participant)
        : participant;
    }),
  };
}

function differingFields(one: WireCall, other: WireCall): string[] {
  return (Object.keys(one) as (keyof WireCall)[]).filter(
    (field) => !isDeepStrictEqual(one[field], other[field]),
  );
}

/** What clients rely on: whoever has seen every event has the call. */
export const eventsFoldToTheCall: CallInvariant = {
  name: 'events-fold-to-the-call',
  holds: 'The events of a call, applied in order, give the call as it is kept.',
  violations({ call, events }) {
    // A missing event is the business of `events-have-no-gap`.
    if (events === null || events.length !== call.seq) return [];
    const misnumbered = events.findIndex(({ seq }, index) => seq !== index + 1);
    if (misnumbered >= 0) return [`event ${misnumbered + 1} carries another seq`];
    const folded = fold(events);
    if (folded === null) return ['event 1 is not call:started'];
    const fields = differingFields(asSentBefore(toWireCall(call), folded), folded);
    return fields.length === 0 ? [] : [`the events give another ${fields.join(', ')}`];
  },
};
