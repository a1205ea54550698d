/*
 * A page to call from. Every view is a small module that makes its elements once and then shows what it is
 * given; `phone.ts` is the one place where Ringline's events and these views meet.
 *
 * Test ids: see the README of this example. `/?user=ann` chooses the person at once.
 */
import { choosePerson } from './choose.ts';
import { createDirectory } from './directory.ts';
import { fetchPeople, openSession } from './host-app.ts';
import { openPhone } from './phone.ts';

async function start(root: HTMLElement): Promise<void> {
  const people = await fetchPeople();
  const asked = new URLSearchParams(location.search).get('user');
  const me = people.find(({ id }) => id === asked) ?? (await choosePerson(root, people));
  // A reload comes back as the same person, and so back into a call.
  history.replaceState(null, '', `?user=${me.id}`);
  const { ringlineUrl } = await openSession(me.id);
  openPhone(root, createDirectory(people, me), ringlineUrl);
}

const root = document.querySelector<HTMLElement>('#app');
if (root !== null) {
  start(root).catch((error: unknown) => {
    console.error(error);
    root.textContent = 'The page could not be started. Is its server running?';
  });
}
