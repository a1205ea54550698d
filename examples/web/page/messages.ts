import { element } from './element.ts';

const SHOWN_MS = 7_000;

/** Short messages, shown for a while and read out by screen readers. */
export interface Messages {
  readonly view: HTMLElement;
  say(text: string, action?: { label: string; testId: string; run: () => void }): void;
}

export function createMessages(): Messages {
  const view = element('div', { class: 'messages', role: 'status', 'aria-live': 'polite' });
  return {
    view,
    say: (text, action) => {
      const message = element('div', { class: 'message', 'data-testid': 'message' }, text);
      if (action !== undefined) {
        const { label, testId, run } = action;
        const act = () => {
          message.remove();
          run();
        };
        message.append(
          element('button', { type: 'button', 'data-testid': testId, click: act }, label),
        );
      }
      view.append(message);
      // A message with a button stays long enough to reach it.
      setTimeout(() => message.remove(), action === undefined ? SHOWN_MS : 4 * SHOWN_MS);
    },
  };
}
