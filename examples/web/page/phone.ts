import { createRingline, type RinglineCall, RinglineError } from '@ringline/client';
import { announceCall } from './announce-call.ts';
import { describeMissedBusy, describeRefusal } from './call-text.ts';
import type { Directory } from './directory.ts';
import { openSession, watchPresence } from './host-app.ts';
import { createMessages } from './messages.ts';
import type { CallType } from './people-list.ts';
import { createPhoneView } from './phone-view.ts';

/** Opens one person's page: connects Ringline's events and the views. */
export function openPhone(root: HTMLElement, directory: Directory, ringlineUrl: string): void {
  const { me, namesOf } = directory;
  const ringline = createRingline({
    url: ringlineUrl,
    getToken: async () => (await openSession(me.id)).token,
  });
  const messages = createMessages();

  const showError = (names: string) => (error: unknown) => {
    console.warn(error);
    const isRinglineError = error instanceof RinglineError;
    // The user has closed the browser's prompt for a screen or a camera, and knows.
    if (isRinglineError && error.code === 'PERMISSION_DENIED') return;
    messages.say(isRinglineError ? describeRefusal(error, names) : 'Something went wrong.');
  };
  const namesIn = (call: RinglineCall) => namesOf(call.others.map(({ userId }) => userId));
  const act = (call: RinglineCall, work: Promise<void>) =>
    void work.catch(showError(namesIn(call)));

  // A double click starts one call: a second start would be refused, since the user is in a call.
  let isStarting = false;
  const start = (type: CallType, participantIds: string[]) => {
    if (isStarting) return;
    isStarting = true;
    ringline
      .start({ type, participantIds })
      .catch(showError(namesOf(participantIds)))
      .finally(() => {
        isStarting = false;
      });
  };

  const view = createPhoneView(root, directory, messages.view, {
    start,
    act,
    fetchHistory: ringline.history,
    invite: (call, userIds) => void call.invite(userIds).catch(showError(namesOf(userIds))),
    onFailure: showError(''),
  });

  let isConnectFailed = false;
  const show = () => {
    if (ringline.connection === 'connected') isConnectFailed = false;
    // Ringline allows a user one call at a time.
    view.show(ringline.calls[0] ?? null, ringline.connection, isConnectFailed);
  };

  const known = new WeakSet<RinglineCall>();
  const follow = (call: RinglineCall) => {
    if (known.has(call)) return;
    known.add(call);
    for (const event of ['changed', 'media', 'quality'] as const) call.on(event, show);
    call.on('error', showError(namesIn(call)));
    announceCall(call, directory, messages, () => act(call, call.rejoin()));
    call.on('ended', () => view.reviewCall(call));
  };

  ringline.on('calls_changed', (calls) => {
    calls.forEach(follow);
    show();
    view.reloadHistory();
  });
  ringline.on('missed_busy', (call) => {
    messages.say(describeMissedBusy(call, directory));
    view.reloadHistory();
  });
  ringline.on('connection', (state) => {
    show();
    if (state === 'connected') view.reloadHistory();
  });
  ringline.on('error', (error) => console.warn(error));
  watchPresence(me.id, view.showPresence);
  ringline.connect().catch((error: unknown) => {
    isConnectFailed = true;
    show();
    showError('')(error);
  });
}
