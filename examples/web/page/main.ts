/*
 * A page to make calls from. The README of this example says where to look, and lists the test ids.
 */
import { choosePerson } from './choose-person.ts';
import { createDirectory } from './directory.ts';
import { fetchPeople, openSession } from './host-app.ts';
import { openPhone } from './phone.ts';

async function start(root: HTMLElement): Promise<void> {
  const people = await fetchPeople();
  const asked = new URLSearchParams(location.search).get('user');
  const me = people.find(({ id }) => id === asked) ?? (await choosePerson(root, people));
  // Keeps the person over a reload, and so the call.
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
