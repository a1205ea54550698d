import {
  type Act,
  type ActInput,
  type ActName,
  type Acts,
  acts,
  type ClientEventInputs,
  type ClientEventName,
  clientEvents,
  findActOfEvent,
  findActOfOperation,
  getAccess,
  type Operation,
  type OperationName,
  operations,
} from '@ringline/contract';
import type { z } from 'zod';

type EventsOf<Name extends ActName> = Acts[Name] extends { events: readonly (infer E)[] }
  ? E
  : never;
type OperationOf<Name extends ActName> = Acts[Name] extends { operation: infer O } ? O : never;
type Listed = { [Name in ActName]: EventsOf<Name> | OperationOf<Name> }[ActName];

/** Fails to compile when an operation or a client event is missing from the list. */
const allListed: Exclude<OperationName | ClientEventName, Listed> extends never ? true : false =
  true;

/** Fails to compile when a parsed client event is not an input of its act. */
const allFit: {
  [Name in ActName]: {
    [E in EventsOf<Name> & ClientEventName]: ClientEventInputs[E] extends ActInput<Name>
      ? never
      : E;
  }[EventsOf<Name> & ClientEventName];
}[ActName] extends never
  ? true
  : false = true;

const all = Object.entries<Act>(acts) as [ActName, Act][];

describe('the acts of the contract', () => {
  test('contain every operation once', () => {
    const listed = all.flatMap(([, act]) => ('operation' in act ? [act.operation] : []));
    expect(listed.sort()).toEqual(Object.keys(operations).sort());
    for (const name of Object.keys(operations) as OperationName[]) {
      expect(acts[findActOfOperation(name)]).toMatchObject({ operation: name });
    }
  });

  test('contain every client event once', () => {
    const listed = all.flatMap(([, act]) => ('events' in act ? act.events : []));
    expect(listed.sort()).toEqual(Object.keys(clientEvents).sort());
    for (const name of Object.keys(clientEvents) as ClientEventName[]) {
      expect(acts[findActOfEvent(name)]).toMatchObject({
        events: expect.arrayContaining([name]),
      });
    }
  });

  test('fit their events, as the compiler checks', () => {
    expect([allListed, allFit]).toEqual([true, true]);
  });

  test.each(all)('%s has both forms, or states why it lacks one', (_name, act) => {
    const reasons = [
      'noOperation' in act ? act.noOperation : null,
      'noEvent' in act ? act.noEvent : null,
    ].filter((reason) => reason !== null);
    expect(reasons).toHaveLength('operation' in act && 'events' in act ? 0 : 1);
    for (const reason of reasons) expect(reason).toMatch(/^[A-Z].{15,}\.$/);
  });

  test('are permitted to users wherever they have a client event', () => {
    for (const [name, act] of all) {
      if ('events' in act) expect([name, getAccess(name)]).not.toEqual([name, 'operator']);
    }
  });
});

test.each(Object.entries<Operation>(operations))(
  '%s uses no name twice in its path, query and body',
  (_name, { params, query, body }) => {
    const names = [params, query, body].flatMap((schema) =>
      Object.keys((schema as z.ZodObject | undefined)?.shape ?? {}),
    );
    expect(new Set(names).size).toBe(names.length);
    expect(names).not.toContain('idempotencyKey');
  },
);
