import { createAvatar } from './avatar.ts';
import type { Directory } from './directory.ts';
import { element, setText } from './element.ts';
import type { Person } from './host-app.ts';
import { icon } from './icon.ts';

export type CallType = 'audio' | 'video';

export interface PeopleList {
  readonly view: HTMLElement;
  show(online: ReadonlySet<string>): void;
}

function callButton(type: CallType, who: string, testId: string, call: () => void) {
  return element(
    'button',
    {
      type: 'button',
      class: 'round call',
      'data-testid': testId,
      'aria-label': `${type === 'video' ? 'Video call' : 'Call'} ${who}`,
      click: call,
    },
    icon(type === 'video' ? 'camera' : 'phone'),
  );
}

/** The other people, whether they are online, and buttons to call one or several of them. */
export function createPeopleList(
  { others, namesOf }: Directory,
  onCall: (type: CallType, userIds: string[]) => void,
): PeopleList {
  const selected = new Set<string>();
  const presence = new Map<string, { row: HTMLElement; word: HTMLElement }>();

  const groupText = element('span', { class: 'grow' });
  const callGroup = (type: CallType) => () => onCall(type, [...selected]);
  const group = element(
    'div',
    { class: 'group', hidden: true },
    groupText,
    callButton('audio', 'the selected people', 'group-audio', callGroup('audio')),
    callButton('video', 'the selected people', 'group-video', callGroup('video')),
  );

  const select =
    ({ id }: Person) =>
    (event: Event) => {
      if ((event.target as HTMLInputElement).checked) selected.add(id);
      else selected.delete(id);
      group.hidden = selected.size === 0;
      setText(groupText, namesOf([...selected]));
    };

  const createRow = (person: Person) => {
    const { id, name } = person;
    const word = element('span', { class: 'faint' });
    const row = element(
      'li',
      { class: 'row', 'data-testid': `person-${id}`, 'data-online': 'false' },
      element('input', {
        type: 'checkbox',
        'data-testid': `select-${id}`,
        'aria-label': `Select ${name} for a group call`,
        change: select(person),
      }),
      createAvatar(name),
      element('span', { class: 'grow' }, element('strong', {}, name), word),
      callButton('audio', name, `call-audio-${id}`, () => onCall('audio', [id])),
      callButton('video', name, `call-video-${id}`, () => onCall('video', [id])),
    );
    presence.set(id, { row, word });
    return row;
  };

  const view = element(
    'section',
    { class: 'card', 'aria-labelledby': 'people-title' },
    element('h2', { id: 'people-title' }, 'People'),
    element('ul', { class: 'rows' }, ...others.map(createRow)),
    group,
  );

  return {
    view,
    show: (online) => {
      for (const [id, { row, word }] of presence) {
        row.dataset.online = String(online.has(id));
        setText(word, online.has(id) ? 'is there' : 'away');
      }
    },
  };
}
