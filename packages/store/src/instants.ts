import type { Instant } from '@ringline/domain';

/*
 * The one place where the domain's instants (epoch milliseconds) and Postgres' timestamptz(3) meet. Both ways
 * they travel as ISO 8601: whatever instants a query answers, it answers inside JSON, which reads the same
 * under every DateStyle and time zone.
 */
type IsoOf<Value> = Value extends null ? null : string;

export function toIso<Value extends Instant | null>(instant: Value): IsoOf<Value> {
  return (instant === null ? null : new Date(instant).toISOString()) as IsoOf<Value>;
}

type InstantOf<Value> = Value extends null ? null : Instant;

export function toInstant<Value extends string | null>(iso: Value): InstantOf<Value> {
  return (iso === null ? null : Date.parse(iso)) as InstantOf<Value>;
}
