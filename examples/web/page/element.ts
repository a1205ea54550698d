type Value = string | boolean | null;
type Attributes = Record<string, Value | ((event: Event) => void)>;
type Child = Node | string | null;

function apply(target: Element, name: string, value: Value | ((event: Event) => void)): void {
  if (typeof value === 'function') target.addEventListener(name, value);
  else if (value === true) target.setAttribute(name, '');
  else if (value !== false && value !== null) target.setAttribute(name, value);
}

/**
 * An element with its attributes and children; a function is a listener of the event of that name.
 */
export function element<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Attributes = {},
  ...children: Child[]
): HTMLElementTagNameMap[Tag] {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) apply(made, name, value);
  made.append(...children.filter((child) => child !== null));
  return made;
}

/** Sets the text only where it differs, so that a live region does not say it twice. */
export function setText(target: Element, text: string): void {
  if (target.textContent !== text) target.textContent = text;
}
