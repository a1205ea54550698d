import type { RinglineCall } from '@ringline/client';
import { element, setText } from './element.ts';
import { type IconName, icon } from './icon.ts';
import { describeQuality, describeSaving, getWorse } from './quality-text.ts';

/** The quality of the user's own connection, in the header of a call. */
export interface QualityStatus {
  readonly view: HTMLElement;
  show(call: RinglineCall): void;
}

const pictures = {
  excellent: 'line4',
  good: 'line3',
  fair: 'line2',
  poor: 'line1',
} as const satisfies Record<string, IconName>;

export function createQualityStatus(): QualityStatus {
  const picture = element('span', { class: 'line-picture' });
  const level = element('span', { 'data-testid': 'line-level' });
  const saving = element('span', { class: 'line-saving', 'data-testid': 'line-saving' });
  const view = element(
    'p',
    { class: 'line', 'data-testid': 'line', role: 'status', hidden: true },
    picture,
    level,
    saving,
  );
  return {
    view,
    show: (call) => {
      const { send, receive } = call.quality.own;
      const worse = getWorse(send.level, receive.level);
      view.hidden = call.stage !== 'connected';
      if (view.dataset.level !== worse) picture.replaceChildren(icon(pictures[worse]));
      view.dataset.level = worse;
      view.dataset.send = send.level;
      view.dataset.receive = receive.level;
      setText(level, describeQuality(call.quality.own));
      setText(saving, describeSaving(call));
    },
  };
}
