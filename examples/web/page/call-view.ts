import type { RinglineCall } from '@ringline/client';
import { describeState, formatDuration } from './call-text.ts';
import { createControls } from './controls.ts';
import type { Directory } from './directory.ts';
import { element, setText } from './element.ts';
import { createInviteSheet } from './invite-sheet.ts';
import { isLive } from './live.ts';
import { createQualityStatus } from './quality-status.ts';
import { createTiles } from './tiles.ts';

export interface CallView {
  readonly view: HTMLElement;
  /** The call to show as it is now, or none. */
  show(call: RinglineCall | null): void;
}

export interface CallViewDeps {
  directory: Directory;
  onInvite(call: RinglineCall, userIds: string[]): void;
  onFailure(error: unknown): void;
}

function createTimer(view: HTMLElement) {
  let shown: RinglineCall | null = null;
  let ticking: ReturnType<typeof setInterval> | undefined;
  const tick = () => {
    const isConnected = shown !== null && shown.snapshot.connectedAt !== null;
    setText(view, isConnected ? formatDuration((shown?.connectedForMs ?? 0) / 1000) : '');
  };
  return {
    show: (call: RinglineCall) => {
      shown = call;
      ticking ??= setInterval(tick, 1000);
      tick();
    },
    stop: () => {
      clearInterval(ticking);
      ticking = undefined;
      shown = null;
    },
  };
}

export function createCallView({ directory, onInvite, onFailure }: CallViewDeps): CallView {
  const title = element('h1', { id: 'call-title', tabindex: '-1' });
  const state = element('span', { 'data-testid': 'call-state', role: 'status' });
  const timer = element('span', { class: 'timer', 'data-testid': 'call-timer', role: 'timer' });
  const time = createTimer(timer);
  const line = createQualityStatus();
  const tiles = createTiles(directory, onFailure);
  const invite = createInviteSheet(directory, onInvite);
  const controls = createControls({ onInvite: invite.open, onFailure });
  let shown: RinglineCall | null = null;

  const enableSound = element(
    'button',
    {
      type: 'button',
      class: 'wide call',
      'data-testid': 'enable-sound',
      hidden: true,
      click: () => shown?.media.unblockAudio().catch(onFailure),
    },
    'Turn on the sound',
  );
  const view = element(
    'main',
    {
      class: 'call-view',
      'data-testid': 'call-view',
      'aria-labelledby': 'call-title',
      hidden: true,
    },
    element('header', {}, title, element('p', {}, state, timer), line.view),
    tiles.view,
    enableSound,
    controls.view,
    invite.view,
  );

  const hide = () => {
    view.hidden = true;
    invite.close();
    tiles.clear();
    time.stop();
  };

  return {
    view,
    show: (call) => {
      const isNew = call !== shown;
      if (isNew) hide();
      shown = call;
      if (call === null) return;
      const names = directory.namesOf(call.others.filter(isLive).map(({ userId }) => userId));
      view.dataset.stage = call.stage;
      setText(title, names || 'Nobody else is here');
      setText(state, describeState(call));
      time.show(call);
      line.show(call);
      tiles.show(call);
      controls.show(call);
      enableSound.hidden = !call.media.audioBlocked;
      view.hidden = false;
      if (isNew) title.focus();
    },
  };
}
