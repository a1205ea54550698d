import type { Person } from './host-app.ts';

/** Names for ids. Ringline shows a callee's name only once a device of theirs has said it. */
export interface Directory {
  readonly me: Person;
  readonly others: readonly Person[];
  nameOf(userId: string): string;
  /** "Ann, Ben and Cleo" */
  namesOf(userIds: readonly string[]): string;
}

const list = new Intl.ListFormat('en', { type: 'conjunction' });

export function createDirectory(people: readonly Person[], me: Person): Directory {
  const nameOf = (userId: string) => people.find(({ id }) => id === userId)?.name ?? userId;
  return {
    me,
    others: people.filter(({ id }) => id !== me.id),
    nameOf,
    namesOf: (userIds) => list.format(userIds.map(nameOf)),
  };
}
