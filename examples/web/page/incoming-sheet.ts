import type { RinglineCall } from '@ringline/client';
import { avatar } from './avatar.ts';
import type { Directory } from './directory.ts';
import { element, setText } from './element.ts';
import { icon } from './icon.ts';
import { isLive } from './live.ts';

export interface IncomingSheet {
  readonly view: HTMLElement;
  show(call: RinglineCall | null): void;
}

export interface IncomingSheetDeps {
  directory: Directory;
  onAccept(call: RinglineCall, options: { camera?: boolean }): void;
  onDecline(call: RinglineCall): void;
}

/** Who asks this user in: in a running call, that may be another one than who began it. */
function callerOf({ me, snapshot }: RinglineCall): string {
  return me.invitedBy ?? snapshot.initiatorId;
}

function kindOf(call: RinglineCall, { namesOf }: Directory): string {
  const { type, mode } = call.snapshot;
  const kind = type === 'video' ? 'Video call' : 'Audio call';
  const rest = call.others
    .filter(isLive)
    .map(({ userId }) => userId)
    .filter((id) => id !== callerOf(call));
  return mode === 'group' && rest.length > 0 ? `${kind} with ${namesOf(rest)}` : kind;
}

/** It rings: who calls, and the two buttons. It cannot be closed without choosing one of them. */
export function createIncomingSheet(deps: IncomingSheetDeps): IncomingSheet {
  const { directory, onAccept, onDecline } = deps;
  let shown: RinglineCall | null = null;
  const withCall = (act: (call: RinglineCall) => void) => () => {
    if (shown !== null) act(shown);
  };

  // The heading has the focus, and not a button: who is typing must not answer by accident.
  const name = element('h2', {
    id: 'caller-name',
    'data-testid': 'caller-name',
    tabindex: '-1',
    autofocus: true,
  });
  const kind = element('p', { id: 'caller-kind', class: 'faint' });
  const picture = element('div', { class: 'picture' });
  const answer = (testId: string, label: string, looks: string, act: () => void) =>
    element('button', { type: 'button', class: looks, 'data-testid': testId, click: act }, label);
  const accept = answer(
    'accept',
    'Accept',
    'wide call',
    withCall((call) => onAccept(call, {})),
  );
  const withoutCamera = withCall((call) => onAccept(call, { camera: false }));
  const audioOnly = answer('accept-audio', 'Accept without camera', 'wide quiet', withoutCamera);
  const decline = answer('decline', 'Decline', 'wide stop', withCall(onDecline));
  accept.prepend(icon('phone'));
  decline.prepend(icon('hangUp'));

  const view = element(
    'dialog',
    {
      class: 'sheet',
      'data-testid': 'incoming-sheet',
      'aria-labelledby': 'caller-name',
      'aria-describedby': 'caller-kind',
      cancel: (event) => event.preventDefault(),
      // A browser may close a dialog all the same, when Escape is pressed twice.
      close: () => {
        if (shown !== null) view.showModal();
      },
    },
    picture,
    name,
    kind,
    element('div', { class: 'answers' }, decline, accept),
    audioOnly,
  );

  return {
    view,
    show: (call) => {
      if (call === shown) return;
      shown = call;
      if (call === null) return view.close();
      const caller = callerOf(call);
      setText(name, `${directory.nameOf(caller)} is calling`);
      setText(kind, kindOf(call, directory));
      picture.replaceChildren(avatar(directory.nameOf(caller)));
      audioOnly.hidden = call.snapshot.type === 'audio';
      if (!view.open) view.showModal();
    },
  };
}
