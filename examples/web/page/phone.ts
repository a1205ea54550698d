import { createRingline, type RinglineCall, RinglineError } from '@ringline/client';
import { createBar } from './bars.ts';
import { createCallReview } from './call-review.ts';
import { createCallView } from './call-view.ts';
import type { Directory } from './directory.ts';
import { createHistoryList } from './history-list.ts';
import { homeView } from './home.ts';
import { followPresence, openSession } from './host-app.ts';
import { createIncomingSheet } from './incoming-sheet.ts';
import { createMessages } from './messages.ts';
import { type CallType, createPeopleList } from './people-list.ts';
import { createRingTone } from './ring-tone.ts';
import { endOf, missedBusyOf, refusalOf } from './words.ts';

const HERE: readonly RinglineCall['stage'][] = [
  'outgoing',
  'connecting',
  'connected',
  'reconnecting',
];

/** The page of one person: wires Ringline's calls to what is seen and heard. */
export function openPhone(root: HTMLElement, directory: Directory, ringlineUrl: string): void {
  const { me, namesOf } = directory;
  const ringline = createRingline({
    url: ringlineUrl,
    getToken: async () => (await openSession(me.id)).token,
  });
  const messages = createMessages();
  const tone = createRingTone();

  const fail = (names: string) => (error: unknown) => {
    console.warn(error);
    // The person closed the browser's question for a screen or a camera: they know.
    if (error instanceof RinglineError && error.code === 'PERMISSION_DENIED') return;
    messages.say(
      error instanceof RinglineError ? refusalOf(error, names) : 'Something went wrong.',
    );
  };
  const namesIn = (call: RinglineCall) => namesOf(call.others.map(({ userId }) => userId));
  const act = (call: RinglineCall, work: Promise<void>) => void work.catch(fail(namesIn(call)));

  // A double click is one wish: the second start would only be told that the person is in another call.
  let starting = false;
  const start = (type: CallType, participantIds: string[]) => {
    if (starting) return;
    starting = true;
    ringline
      .start({ type, participantIds })
      .catch(fail(namesOf(participantIds)))
      .finally(() => {
        starting = false;
      });
  };
  const takeOver = () => withElsewhere((call) => act(call, call.accept({ takeover: true })));
  const hangUpElsewhere = () => withElsewhere((call) => act(call, call.hangUp()));
  const withElsewhere = (run: (call: RinglineCall) => void) =>
    ringline.calls.filter(({ stage }) => stage === 'elsewhere').forEach(run);

  const people = createPeopleList(directory, start);
  const history = createHistoryList({ directory, fetchPage: ringline.history, onCall: start });
  const incoming = createIncomingSheet({
    directory,
    onAccept: (call, options) => act(call, call.accept(options)),
    onDecline: (call) => act(call, call.decline()),
  });
  const callView = createCallView({
    directory,
    onInvite: (call, userIds) => void call.invite(userIds).catch(fail(namesOf(userIds))),
    onFailure: fail(''),
  });
  const review = createCallReview(directory, fail(''));
  const notConnected = createBar('not-connected');
  const reconnecting = createBar('reconnecting');
  const elsewhere = createBar('elsewhere', [
    { testId: 'take-over', label: 'Take over here', run: takeOver },
    { testId: 'hang-up-elsewhere', label: 'Hang up', run: hangUpElsewhere },
  ]);
  const home = homeView(me, review.view, people.view, history.view);
  root.replaceChildren(
    notConnected.view,
    reconnecting.view,
    elsewhere.view,
    home,
    callView.view,
    incoming.view,
    messages.view,
  );

  let connectFailed = false;
  const wasHere = new WeakSet<RinglineCall>();
  const show = () => {
    // Ringline lets a user be in one call at a time, so there is at most one.
    const call = ringline.calls[0] ?? null;
    const at = (stages: readonly RinglineCall['stage'][]) =>
      call !== null && stages.includes(call.stage) ? call : null;
    const here = at(HERE);
    const comesHome = home.hidden && here === null;
    home.hidden = here !== null;
    if (here !== null) {
      wasHere.add(here);
      review.hide();
    }
    // What had the focus is gone with the call.
    if (comesHome) home.querySelector('h1')?.focus();
    incoming.show(at(['incoming']));
    callView.show(here);
    elsewhere.show(at(['elsewhere']) && 'You are in a call on another device.');
    const mediaLost = here?.media.state === 'reconnecting';
    const lost = ringline.connection === 'reconnecting' || mediaLost;
    reconnecting.show(lost ? 'Connection lost. Reconnecting…' : null);
    if (ringline.connection === 'connected') connectFailed = false;
    notConnected.show(connectFailed ? 'Not connected: nobody can call you here.' : null);
    tone.play(at(['incoming']) ? 'incoming' : at(['outgoing']) && 'outgoing');
    document.title = at(['incoming']) ? `Call from ${namesIn(call as RinglineCall)}` : 'Ringline';
  };

  const reloadHistory = () => void history.reload().catch(fail(''));

  const rejoinable = (call: RinglineCall) =>
    call.snapshot.mode === 'group' && call.snapshot.endedAt === null && call.me.state === 'left';
  const sayEnd = (call: RinglineCall, text: string) =>
    rejoinable(call)
      ? messages.say(text, {
          testId: 'rejoin',
          label: 'Come back',
          run: () => act(call, call.rejoin()),
        })
      : messages.say(text);

  const followed = new WeakSet<RinglineCall>();
  const follow = (call: RinglineCall) => {
    if (followed.has(call)) return;
    followed.add(call);
    call.on('changed', show);
    call.on('media', show);
    call.on('quality', show);
    call.on('error', fail(namesIn(call)));
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
      const text = endOf(cause, call, directory);
      if (text !== null) sayEnd(call, text);
      if (wasHere.has(call) && call.snapshot.connectedAt !== null) review.show(call);
    });
  };

  ringline.on('calls_changed', (calls) => {
    calls.forEach(follow);
    show();
    reloadHistory();
  });
  ringline.on('missed_busy', (call) => {
    messages.say(missedBusyOf(call, directory));
    reloadHistory();
  });
  ringline.on('connection', (state) => {
    show();
    if (state === 'connected') reloadHistory();
  });
  ringline.on('error', (error) => console.warn(error));
  followPresence(me.id, people.show);
  ringline.connect().catch((error: unknown) => {
    connectFailed = true;
    show();
    fail('')(error);
  });
}
