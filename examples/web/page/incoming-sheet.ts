import type { RinglineCall } from '@ringline/client';
import { createAvatar } from './avatar.ts';
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

/** Who invited this user: in a running call, not always the user who started it. */
function getCaller({ me, snapshot }: RinglineCall): string {
  return me.invitedBy ?? snapshot.initiatorId;
}

function describeKind(call: RinglineCall, { namesOf }: Directory): string {
  const { type, mode } = call.snapshot;
  const kind = type === 'video' ? 'Video call' : 'Audio call';
  const rest = call.others
    .filter(isLive)
    .map(({ userId }) => userId)
    .filter((id) => id !== getCaller(call));
  return mode === 'group' && rest.length > 0 ? `${kind} with ${namesOf(rest)}` : kind;
}

/** Shows who calls. It cannot be closed without an answer. */
export function createIncomingSheet(deps: IncomingSheetDeps): IncomingSheet {
  const { directory, onAccept, onDecline } = deps;
  let shown: RinglineCall | null = null;
  const withCall = (act: (call: RinglineCall) => void) => () => {
    if (shown !== null) act(shown);
  };

  // The heading has the focus, not a button: a user who is typing must not answer by accident.
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
      // Browsers close a dialog in spite of that when Escape is pressed twice.
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
      const caller = getCaller(call);
      setText(name, `${directory.nameOf(caller)} is calling`);
      setText(kind, describeKind(call, directory));
      picture.replaceChildren(createAvatar(directory.nameOf(caller)));
      audioOnly.hidden = call.snapshot.type === 'audio';
      if (!view.open) view.showModal();
    },
  };
}
