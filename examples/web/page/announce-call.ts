import type { RinglineCall } from '@ringline/client';
import { describeEnd } from './call-text.ts';
import type { Directory } from './directory.ts';
import type { Messages } from './messages.ts';

function canRejoin({ snapshot, me }: RinglineCall): boolean {
  return snapshot.mode === 'group' && snapshot.endedAt === null && me.state === 'left';
}

/** Shows messages about the events of a call. */
export function announceCall(
  call: RinglineCall,
  directory: Directory,
  messages: Messages,
  rejoin: () => void,
): void {
  call.on('moved', () => messages.say('The call moved to another device.'));
  call.on('ringing_stopped', ({ cause }) => {
    if (cause === 'answered_elsewhere') messages.say('Answered on another device.');
    if (cause === 'declined_elsewhere') messages.say('Declined on another device.');
  });
  call.on('ending_soon', ({ reason }) =>
    messages.say(
      reason === 'solo_timeout'
        ? 'You are alone in the call. It will end soon.'
        : 'The call will reach its longest duration soon.',
    ),
  );
  call.on('ended', ({ cause }) => {
    const text = describeEnd(cause, call, directory);
    if (text === null) return;
    const action = { testId: 'rejoin', label: 'Come back', run: rejoin };
    messages.say(text, canRejoin(call) ? action : undefined);
  });
}
