import type { RinglineCall } from '@ringline/client';
import { element } from './element.ts';
import { type IconName, icon } from './icon.ts';

/** What the host of a group can do with one of the others; shown to the host alone, by the styles. */
export function hostActions(
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
