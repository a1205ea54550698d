import { element } from './element.ts';

const HUES = 360;

function hueOf(text: string): number {
  return [...text].reduce((hash, char) => (hash * 31 + (char.codePointAt(0) ?? 0)) % HUES, 7);
}

/** The initial on a colour of the person's own. The name stands beside it, so it is hidden. */
export function avatar(name: string): HTMLElement {
  const made = element('span', { class: 'avatar', 'aria-hidden': 'true' }, name.slice(0, 1));
  made.style.setProperty('--hue', String(hueOf(name)));
  return made;
}
