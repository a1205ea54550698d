import type { Place } from './servers.ts';
import { type Stack, type StackOptions, startStack } from './stack.ts';
import { createUsers, type User } from './user.ts';

/** One `User` for each name. */
type UsersOf<Names extends readonly string[]> = { readonly [Index in keyof Names]: User };

interface Closable {
  close(): Promise<void>;
}

/**
 * Starts a resource once for all tests of a file and closes it after the last. The returned object
 * has its fields from the first test on.
 */
export function setUp<Started extends Closable>(
  start: () => Promise<Started>,
  timeoutMs?: number,
): Started {
  const started: Partial<Started> = {};
  beforeAll(async () => {
    Object.assign(started, await start());
  }, timeoutMs);
  afterAll(() => started.close?.());
  return started as Started;
}

/** A stack for all tests of a file. */
export function setUpStack(options?: StackOptions): Stack {
  return setUp(() => startStack(options));
}

/** New users for each test, so that no user is busy with a call of another test. */
export function setUpUsers<const Names extends readonly string[]>(
  place: Place,
  ...names: Names
): UsersOf<Names> {
  const users = names.map(() => ({}) as User);
  beforeEach(async () => {
    const created = await createUsers(place, ...names);
    for (const [index, user] of users.entries()) Object.assign(user, created[index]);
  });
  afterEach(() => {
    for (const user of users) user.forget?.();
  });
  return users as unknown as UsersOf<Names>;
}
