import type { RinglineCall } from '@ringline/client';
import { createAvatar } from './avatar.ts';
import type { Directory } from './directory.ts';
import { element } from './element.ts';
import { isLive } from './live.ts';

export interface InviteSheet {
  readonly view: HTMLElement;
  open(call: RinglineCall): void;
  close(): void;
}

/** Invites more people into a running call. */
export function createInviteSheet(
  directory: Directory,
  onInvite: (call: RinglineCall, userIds: string[]) => void,
): InviteSheet {
  let current: RinglineCall | null = null;
  const choices = element('ul', { class: 'rows' });
  const close = () => view.close();

  const chosen = (): string[] =>
    [...choices.querySelectorAll<HTMLInputElement>('input:checked')].map(({ value }) => value);

  const send = () => {
    const userIds = chosen();
    if (current !== null && userIds.length > 0) onInvite(current, userIds);
    close();
  };

  const view = element(
    'dialog',
    { class: 'sheet', 'data-testid': 'invite-sheet', 'aria-labelledby': 'invite-title' },
    element('h2', { id: 'invite-title', tabindex: '-1', autofocus: true }, 'Invite into this call'),
    choices,
    element(
      'div',
      { class: 'answers' },
      element('button', { type: 'button', class: 'wide quiet', click: close }, 'Cancel'),
      element(
        'button',
        { type: 'button', class: 'wide call', 'data-testid': 'invite-send', click: send },
        'Invite',
      ),
    ),
  );

  return {
    view,
    open: (call) => {
      current = call;
      const inCall = new Set(call.others.filter(isLive).map(({ userId }) => userId));
      const free = directory.others.filter(({ id }) => !inCall.has(id));
      choices.replaceChildren(
        ...free.map(({ id, name }) => {
          const box = element('input', {
            type: 'checkbox',
            value: id,
            'data-testid': `invite-${id}`,
          });
          return element(
            'li',
            {},
            element('label', { class: 'row' }, box, createAvatar(name), name),
          );
        }),
      );
      if (!view.open) view.showModal();
    },
    close,
  };
}
