import { element, setText } from './element.ts';

/** A line across the page for as long as something is so; with buttons for what can be done about it. */
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
  const words = element('span', { class: 'grow', role: 'status' });
  const buttons = actions.map(({ testId: id, label, run }) =>
    element('button', { type: 'button', 'data-testid': id, click: run }, label),
  );
  const view = element(
    'div',
    { class: 'bar', 'data-testid': testId, hidden: true },
    words,
    ...buttons,
  );
  return {
    view,
    show: (text) => {
      view.hidden = text === null;
      setText(words, text ?? '');
    },
  };
}
