import { element, setText } from './element.ts';

/** A notice across the page that stays while its cause does, with buttons to act on it. */
export interface Bar {
  readonly view: HTMLElement;
  show(text: string | null): void;
}

export interface BarAction {
  testId: string;
  label: string;
  run: () => void;
}

export function createBar(testId: string, actions: readonly BarAction[] = []): Bar {
  const label = element('span', { class: 'grow', role: 'status' });
  const buttons = actions.map(({ testId: id, label: text, run }) =>
    element('button', { type: 'button', 'data-testid': id, click: run }, text),
  );
  const view = element(
    'div',
    { class: 'bar', 'data-testid': testId, hidden: true },
    label,
    ...buttons,
  );
  return {
    view,
    show: (text) => {
      view.hidden = text === null;
      setText(label, text ?? '');
    },
  };
}
