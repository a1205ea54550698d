import type { RinglineCall } from '@ringline/client';
import { element } from './element.ts';
import { type IconName, icon } from './icon.ts';

export interface Controls {
  readonly view: HTMLElement;
  show(call: RinglineCall): void;
}

export interface ControlsDeps {
  onInvite(call: RinglineCall): void;
  onFailure(error: unknown): void;
}

/** A button that is on or off; pressed means on, as its picture and its colour say. */
function toggle(testId: string, label: string, picture: IconName, flip: () => Promise<void>) {
  const button = element(
    'button',
    {
      type: 'button',
      class: 'round control',
      'data-testid': testId,
      'aria-label': label,
      title: label,
      // One press at a time: a device takes its while to open.
      click: () => {
        if (button.getAttribute('aria-disabled') === 'true') return;
        button.setAttribute('aria-disabled', 'true');
        flip().finally(() => button.removeAttribute('aria-disabled'));
      },
    },
    icon(picture),
  );
  return button;
}

/** The row of buttons under a call. */
export function createControls({ onInvite, onFailure }: ControlsDeps): Controls {
  let current: RinglineCall | null = null;
  const withCall = (act: (call: RinglineCall) => Promise<void>) => async () => {
    if (current === null) return;
    await act(current).catch(onFailure);
  };

  const microphone = toggle(
    'toggle-mic',
    'Microphone',
    'microphone',
    withCall((call) => call.setMicrophone(!call.me.audioEnabled)),
  );
  const camera = toggle(
    'toggle-camera',
    'Camera',
    'camera',
    withCall((call) => call.setCamera(!call.me.videoEnabled)),
  );
  const screen = toggle(
    'toggle-screen',
    'Share screen',
    'screen',
    withCall((call) => call.setScreenShare(!call.me.screenSharing)),
  );
  const invite = element(
    'button',
    {
      type: 'button',
      class: 'round control',
      'data-testid': 'invite',
      'aria-label': 'Invite',
      title: 'Invite',
      click: () => {
        if (current !== null) onInvite(current);
      },
    },
    icon('invite'),
  );
  const hangUp = element(
    'button',
    {
      type: 'button',
      class: 'round stop',
      'data-testid': 'hang-up',
      'aria-label': 'Hang up',
      title: 'Hang up',
      click: withCall((call) => call.hangUp()),
    },
    icon('hangUp'),
  );

  return {
    view: element('div', { class: 'controls' }, microphone, camera, screen, invite, hangUp),
    show: (call) => {
      current = call;
      const { audioEnabled, videoEnabled, screenSharing } = call.me;
      microphone.setAttribute('aria-pressed', String(audioEnabled));
      camera.setAttribute('aria-pressed', String(videoEnabled));
      screen.setAttribute('aria-pressed', String(screenSharing));
      screen.hidden = !('getDisplayMedia' in (navigator.mediaDevices ?? {}));
      invite.hidden = call.stage === 'outgoing' && call.snapshot.mode === 'direct';
    },
  };
}
