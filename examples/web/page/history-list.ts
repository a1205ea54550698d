import type { HistoryEntry, HistoryPage } from '@ringline/client';
import { createAvatar } from './avatar.ts';
import { describeOutcome, formatDuration, formatTime } from './call-text.ts';
import type { Directory } from './directory.ts';
import { element } from './element.ts';
import { icon } from './icon.ts';
import type { CallType } from './people-list.ts';

const PAGE_SIZE = 20;

export interface HistoryList {
  readonly view: HTMLElement;
  /** Loads the newest calls. */
  reload(): Promise<void>;
}

export interface HistoryListDeps {
  directory: Directory;
  fetchPage(query: { limit: number; cursor?: string }): Promise<HistoryPage>;
  onCall(type: CallType, userIds: string[]): void;
}

function details({ call, ...entry }: HistoryEntry): string {
  return [
    describeOutcome({ call, ...entry }),
    ...(call.durationSeconds > 0 ? [formatDuration(call.durationSeconds)] : []),
    formatTime(call.createdAt),
  ].join(' · ');
}

function createRow(entry: HistoryEntry, { directory, onCall }: HistoryListDeps): HTMLElement {
  const { call, direction, outcome } = entry;
  const userIds = call.participants
    .map(({ userId }) => userId)
    .filter((userId) => userId !== directory.me.id);
  const names = directory.namesOf(userIds);
  return element(
    'li',
    {
      class: 'row',
      'data-testid': 'history-entry',
      'data-outcome': outcome,
      'data-direction': direction,
      'data-type': call.type,
      'data-call-id': call.id,
    },
    createAvatar(directory.nameOf(userIds[0] ?? '')),
    element(
      'span',
      { class: 'grow' },
      element('strong', {}, names),
      element(
        'span',
        { class: 'faint details' },
        icon(direction),
        element('span', { class: 'unseen' }, `${direction} ${call.type} call, `),
        details(entry),
      ),
    ),
    element(
      'button',
      {
        type: 'button',
        class: 'round call',
        'data-testid': 'call-back',
        'aria-label': `Call ${names} again`,
        click: () => onCall(call.type, userIds),
      },
      icon(call.type === 'video' ? 'camera' : 'phone'),
    ),
  );
}

/** This user's calls, the newest first. */
export function createHistoryList(deps: HistoryListDeps): HistoryList {
  const { fetchPage } = deps;
  const rows = element('ul', { class: 'rows', 'data-testid': 'history' });
  const empty = element('p', { class: 'faint', hidden: true }, 'No calls yet.');
  let next: string | null = null;
  let newest = 0;

  const more = element(
    'button',
    {
      type: 'button',
      class: 'quiet',
      hidden: true,
      'data-testid': 'history-more',
      click: () => loadMore(),
    },
    'Show earlier calls',
  );

  const showPage = (page: HistoryPage) => {
    next = page.nextCursor;
    more.hidden = next === null;
    empty.hidden = page.entries.length > 0 || rows.children.length > 0;
    return page.entries.map((entry) => createRow(entry, deps));
  };

  const loadMore = async () => {
    if (next !== null)
      rows.append(...showPage(await fetchPage({ limit: PAGE_SIZE, cursor: next })));
  };

  return {
    view: element(
      'section',
      { class: 'card', 'aria-labelledby': 'history-title' },
      element('h2', { id: 'history-title' }, 'History'),
      empty,
      rows,
      more,
    ),
    reload: async () => {
      newest += 1;
      const mine = newest;
      const page = await fetchPage({ limit: PAGE_SIZE });
      // A later reload may have been answered first.
      if (mine === newest) rows.replaceChildren(...showPage(page));
    },
  };
}
