import { isDeepStrictEqual } from 'node:util';
import { applyEvent, type CallEvent, type Call as WireCall } from '@ringline/contract';
import type { CallInvariant } from '@ringline/store';
import { toWireCall } from '../wire.ts';

/** Null if the first event is not `call:started`. */
function fold(events: readonly CallEvent[]): WireCall | null {
  const [first, ...others] = events;
  return first?.event === 'call:started' ? others.reduce(applyEvent, first.call) : null;
}

/** Removes `deviceHash` if the events are of release 0.1, which did not have it. */
function withoutUnknownHashes(stored: WireCall, folded: WireCall): WireCall {
  return {
    ...stored,
    participants: stored.participants.map((participant, index) => {
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

/** Clients rely on this: after every event, they have the call. */
export const eventsFoldToTheCall: CallInvariant = {
  name: 'events-fold-to-the-call',
  holds: 'The events of a call, applied in order, give the stored call.',
  violations({ call, events }) {
    // `events-have-no-gap` reports missing events.
    if (events === null || events.length !== call.seq) return [];
    const misnumbered = events.findIndex(({ seq }, index) => seq !== index + 1);
    if (misnumbered >= 0) return [`event ${misnumbered + 1} has another seq`];
    const folded = fold(events);
    if (folded === null) return ['event 1 is not call:started'];
    const fields = differingFields(withoutUnknownHashes(toWireCall(call), folded), folded);
    return fields.length === 0 ? [] : [`the events give another ${fields.join(', ')}`];
  },
};
