import type { Instant } from '@ringline/domain';

/*
 * Converts between the domain's instants (epoch milliseconds) and Postgres' timestamptz(3), always
 * as ISO 8601. Queries return instants inside JSON, whose format does not depend on DateStyle and
 * time zone.
 */
type IsoOf<Value> = Value extends null ? null : string;

export function toIso<Value extends Instant | null>(instant: Value): IsoOf<Value> {
  return (instant === null ? null : new Date(instant).toISOString()) as IsoOf<Value>;
}

type InstantOf<Value> = Value extends null ? null : Instant;

export function toInstant<Value extends string | null>(iso: Value): InstantOf<Value> {
  return (iso === null ? null : Date.parse(iso)) as InstantOf<Value>;
}
