import type { Database } from './database.ts';

/** The same functions without their first parameter, the database. */
export type Bound<Functions> = {
  [Name in keyof Functions]: Functions[Name] extends (
    db: Database,
    ...parameters: infer Parameters
  ) => infer Result
    ? (...parameters: Parameters) => Result
    : never;
};

type Unbound = (...parameters: unknown[]) => unknown;

/** Binds the first parameter of each function to the database. */
export function bindTo<Functions extends object>(
  database: Database,
  functions: Functions,
): Bound<Functions> {
  const bound = Object.entries(functions).map(([name, run]) => [
    name,
    (run as Unbound).bind(null, database),
  ]);
  // biome-ignore lint/plugin: the keys are the names of our own functions.
  return Object.fromEntries(bound) as Bound<Functions>;
}
