import type { HistoryEntry, HistoryPage } from '@ringline/client';
import { avatar } from './avatar.ts';
import type { Directory } from './directory.ts';
import { element } from './element.ts';
import { icon } from './icon.ts';
import type { CallType } from './people-list.ts';
import { clock, outcomeOf, when } from './words.ts';

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
    outcomeOf({ call, ...entry }),
    ...(call.durationSeconds > 0 ? [clock(call.durationSeconds)] : []),
    when(call.createdAt),
  ].join(' · ');
}

/** This user's calls, the newest first; the missed ones in red. */
export function createHistoryList({ directory, fetchPage, onCall }: HistoryListDeps): HistoryList {
  const rows = element('ul', { class: 'rows', 'data-testid': 'history' });
  const empty = element('p', { class: 'faint', hidden: true }, 'No calls yet.');
  let next: string | null = null;
  let newest = 0;

  const rowOf = (entry: HistoryEntry) => {
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
      avatar(directory.nameOf(userIds[0] ?? '')),
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
  };

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

  const take = (page: HistoryPage) => {
    next = page.nextCursor;
    more.hidden = next === null;
    empty.hidden = page.entries.length > 0 || rows.children.length > 0;
    return page.entries.map(rowOf);
  };

  const loadMore = async () => {
    if (next !== null) rows.append(...take(await fetchPage({ limit: PAGE_SIZE, cursor: next })));
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
      // A later question has its answer already.
      if (mine === newest) rows.replaceChildren(...take(page));
    },
  };
}
