import { createAvatar } from './avatar.ts';
import { element } from './element.ts';
import type { Person } from './host-app.ts';

/** Stands for the sign-in of a real host app. */
export function choosePerson(root: HTMLElement, people: readonly Person[]): Promise<Person> {
  return new Promise((resolve) => {
    const choice = (person: Person) =>
      element(
        'button',
        {
          type: 'button',
          class: 'choice',
          'data-testid': `choose-user-${person.id}`,
          click: () => resolve(person),
        },
        createAvatar(person.name),
        person.name,
      );
    root.replaceChildren(
      element(
        'main',
        { class: 'choose' },
        element('h1', {}, 'Who are you?'),
        element('p', {}, 'Open this page in a second window as somebody else, and call.'),
        element('div', { class: 'choices' }, ...people.map(choice)),
      ),
    );
  });
}
