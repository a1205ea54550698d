import type { RinglineCall } from '@ringline/client';
import { element } from './element.ts';
import { type IconName, icon } from './icon.ts';

/** The host's actions on another participant of a group. The styles show them to the host only. */
export function createHostActions(
  call: RinglineCall,
  userId: string,
  name: string,
  onFailure: (error: unknown) => void,
): HTMLElement {
  const action = (testId: string, label: string, picture: IconName, act: () => Promise<void>) =>
    element(
      'button',
      {
        type: 'button',
        class: 'small',
        'data-testid': `${testId}-${userId}`,
        'aria-label': `${label} ${name}`,
        title: label,
        click: () => act().catch(onFailure),
      },
      icon(picture),
    );
  return element(
    'span',
    { class: 'host-actions' },
    action('mute', 'Mute', 'muted', () => call.mute(userId, 'audio')),
    action('make-host', 'Make host:', 'host', () => call.makeHost(userId)),
    action('remove', 'Remove', 'remove', () => call.remove(userId)),
  );
}
