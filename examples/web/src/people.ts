/** A user of this host app. */
export interface Person {
  id: string;
  name: string;
}

/** As many people as fit into one call. */
export const people: readonly Person[] = [
  { id: 'ann', name: 'Ann' },
  { id: 'ben', name: 'Ben' },
  { id: 'cleo', name: 'Cleo' },
  { id: 'dan', name: 'Dan' },
  { id: 'eva', name: 'Eva' },
  { id: 'finn', name: 'Finn' },
  { id: 'gia', name: 'Gia' },
  { id: 'hugo', name: 'Hugo' },
];

export function findPerson(id: unknown): Person | undefined {
  return people.find((person) => person.id === id);
}
