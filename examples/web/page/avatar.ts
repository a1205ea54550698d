import { element } from './element.ts';

const HUES = 360;

function computeHue(text: string): number {
  return [...text].reduce((hash, char) => (hash * 31 + (char.codePointAt(0) ?? 0)) % HUES, 7);
}

/**
 * The person's initial on their own colour. Hidden from screen readers, since the name is next to
 * it.
 */
export function createAvatar(name: string): HTMLElement {
  const made = element('span', { class: 'avatar', 'aria-hidden': 'true' }, name.slice(0, 1));
  made.style.setProperty('--hue', String(computeHue(name)));
  return made;
}
