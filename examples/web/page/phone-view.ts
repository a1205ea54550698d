import type { HistoryPage, Ringline, RinglineCall } from '@ringline/client';
import { createBar } from './bar.ts';
import { createCallReview } from './call-review.ts';
import { createCallView } from './call-view.ts';
import type { Directory } from './directory.ts';
import { createHistoryList } from './history-list.ts';
import { createHomeView } from './home.ts';
import { createIncomingSheet } from './incoming-sheet.ts';
import { type CallType, createPeopleList } from './people-list.ts';
import { createRingTone } from './ring-tone.ts';

type Stage = RinglineCall['stage'];
const HERE: readonly Stage[] = ['outgoing', 'connecting', 'connected', 'reconnecting'];

/** The whole page, with the tone. */
export interface PhoneView {
  show(
    call: RinglineCall | null,
    connection: Ringline['connection'],
    isConnectFailed: boolean,
  ): void;
  showPresence(online: ReadonlySet<string>): void;
  /** Asks about a call that has ended, if it was connected on this page. */
  reviewCall(call: RinglineCall): void;
  reloadHistory(): void;
}

export interface PhoneActions {
  start(type: CallType, participantIds: string[]): void;
  /** Reports a failure of `work`. */
  act(call: RinglineCall, work: Promise<void>): void;
  invite(call: RinglineCall, userIds: string[]): void;
  fetchHistory(query: { limit: number; cursor?: string }): Promise<HistoryPage>;
  onFailure(error: unknown): void;
}

function createBars(act: PhoneActions['act']) {
  let call: RinglineCall | null = null;
  const button = (testId: string, label: string, run: (call: RinglineCall) => Promise<void>) => ({
    testId,
    label,
    run: () => call !== null && act(call, run(call)),
  });
  const notConnected = createBar('not-connected');
  const reconnecting = createBar('reconnecting');
  const elsewhere = createBar('elsewhere', [
    button('take-over', 'Take over here', (one) => one.accept({ takeover: true })),
    button('hang-up-elsewhere', 'Hang up', (one) => one.hangUp()),
  ]);
  return {
    views: [notConnected.view, reconnecting.view, elsewhere.view],
    show: (remote: RinglineCall | null, isLost: boolean, isConnectFailed: boolean) => {
      call = remote;
      elsewhere.show(remote && 'You are in a call on another device.');
      reconnecting.show(isLost ? 'Connection lost. Reconnecting…' : null);
      notConnected.show(isConnectFailed ? 'Not connected: nobody can call you here.' : null);
    },
  };
}

export function createPhoneView(
  root: HTMLElement,
  directory: Directory,
  messages: HTMLElement,
  actions: PhoneActions,
): PhoneView {
  const { start, act, onFailure } = actions;
  const people = createPeopleList(directory, start);
  const history = createHistoryList({
    directory,
    fetchPage: actions.fetchHistory,
    onCall: start,
  });
  const incoming = createIncomingSheet({
    directory,
    onAccept: (call, options) => act(call, call.accept(options)),
    onDecline: (call) => act(call, call.decline()),
  });
  const callView = createCallView({ directory, onInvite: actions.invite, onFailure });
  const review = createCallReview(directory, onFailure);
  const bars = createBars(act);
  const home = createHomeView(directory.me, review.view, people.view, history.view);
  const tone = createRingTone();
  root.replaceChildren(...bars.views, home, callView.view, incoming.view, messages);

  const wasHere = new WeakSet<RinglineCall>();
  const showCall = (here: RinglineCall | null) => {
    const isBackHome = home.hidden && here === null;
    home.hidden = here !== null;
    if (here !== null) {
      wasHere.add(here);
      review.hide();
    }
    // The focused element has disappeared with the call.
    if (isBackHome) home.querySelector('h1')?.focus();
    callView.show(here);
  };

  return {
    show: (call, connection, isConnectFailed) => {
      const inStages = (stages: readonly Stage[]) =>
        call !== null && stages.includes(call.stage) ? call : null;
      const here = inStages(HERE);
      const ringing = inStages(['incoming']);
      showCall(here);
      incoming.show(ringing);
      const isLost = connection === 'reconnecting' || here?.media.state === 'reconnecting';
      bars.show(inStages(['elsewhere']), isLost, isConnectFailed);
      tone.play(ringing ? 'incoming' : inStages(['outgoing']) && 'outgoing');
      const names = directory.namesOf(ringing?.others.map(({ userId }) => userId) ?? []);
      document.title = ringing ? `Call from ${names}` : 'Ringline';
    },
    showPresence: people.show,
    reviewCall: (call) => {
      if (wasHere.has(call) && call.snapshot.connectedAt !== null) review.show(call);
    },
    reloadHistory: () => void history.reload().catch(onFailure),
  };
}
