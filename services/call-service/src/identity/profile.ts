import type { Logger } from '@ringline/platform';

/*
 * What the others in a call are shown of somebody. Identity providers fill these in as they like, so nothing here keeps
 * anybody from calling: what cannot be shown is cut or left out.
 */

const LONGEST_NAME = 128;
const LONGEST_PICTURE = 2048;

/** What is shown of a value, and what was wrong with it. */
interface Shown {
  text: string | null;
  /** null where it is shown as it came, or did not come at all. */
  fault: string | null;
}

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });

/** As many whole graphemes as fit: half of a family of emoji is another family, or none. */
function cutTo(text: string, longest: number): string {
  let end = 0;
  // Where a grapheme ends depends on the character behind it, which may be two units long; on nothing further.
  for (const { index, segment } of graphemes.segment(text.slice(0, longest + 2))) {
    if (index + segment.length > longest) break;
    end = index + segment.length;
  }
  return text.slice(0, end);
}

function hidden(fault: string | null): Shown {
  return { text: null, fault };
}

function shownText(value: unknown, show: (text: string) => Shown): Shown {
  if (value === undefined || value === null) return hidden(null);
  if (typeof value !== 'string') return hidden('is no text');
  if (value.trim() === '') return hidden('is empty');
  if (!value.isWellFormed() || value.includes('\0'))
    return hidden('holds characters that are no text');
  return show(value);
}

function shownName(value: unknown): Shown {
  return shownText(value, (name) => {
    if (name.length <= LONGEST_NAME) return { text: name, fault: null };
    const cut = cutTo(name, LONGEST_NAME).trimEnd();
    return cut === '' ? hidden('is too long') : { text: cut, fault: 'is too long, and was cut' };
  });
}

function shownPicture(value: unknown): Shown {
  return shownText(value, (picture) => {
    if (picture.length > LONGEST_PICTURE) return hidden('is too long');
    return /^\s*data:/i.test(picture)
      ? hidden('is a data URL, which would travel with every event')
      : { text: picture, fault: null };
  });
}

/** What is wrong with something that is only shown. */
export interface ProfileFault {
  what: 'name' | 'picture';
  fault: string;
}

export interface Profile {
  name: string | null;
  picture: string | null;
  faults: ProfileFault[];
}

export function toProfile(given: { name: unknown; picture: unknown }): Profile {
  const name = shownName(given.name);
  const picture = shownPicture(given.picture);
  const faults: ProfileFault[] = [];
  if (name.fault !== null) faults.push({ what: 'name', fault: name.fault });
  if (picture.fault !== null) faults.push({ what: 'picture', fault: picture.fault });
  return { name: name.text, picture: picture.text, faults };
}

export type NoteFaults = (userId: string, faults: readonly ProfileFault[]) => void;

/** Above this size it is cleared: then some faults are noted a second time. */
const MOST_NOTED = 10_000;

/** Notes each fault of a user's profile once, since the same token comes with every request. */
export function createNoteFaults(logger: Logger): NoteFaults {
  const noted = new Set<string>();
  return (userId, faults) => {
    for (const { what, fault } of faults) {
      const note = `${userId}/${what}/${fault}`;
      if (noted.has(note)) continue;
      if (noted.size >= MOST_NOTED) noted.clear();
      noted.add(note);
      logger.debug('a name or picture is not shown as it came', { userId, what, fault });
    }
  };
}
