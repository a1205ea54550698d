import { createAvatar } from './avatar.ts';
import { element } from './element.ts';
import type { Person } from './host-app.ts';

/** The page between calls. */
export function createHomeView(me: Person, ...sections: HTMLElement[]): HTMLElement {
  return element(
    'main',
    { class: 'home' },
    element(
      'header',
      {},
      element('h1', { tabindex: '-1' }, 'Ringline'),
      element('span', { class: 'me', 'data-testid': 'me' }, createAvatar(me.name), me.name),
      element('a', { href: '/', class: 'quiet', 'data-testid': 'switch-user' }, 'Switch person'),
    ),
    ...sections,
  );
}
