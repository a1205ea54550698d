import type { Logger } from '@ringline/platform';

/*
 * The name and picture that other users see. Identity providers may put anything there, so an
 * invalid value is cut or left out instead of refused.
 */

const LONGEST_NAME = 128;
const LONGEST_PICTURE = 2048;

/** The text to show, and the fault of the given value. */
interface Shown {
  text: string | null;
  /** Null if the value is shown unchanged, or missing. */
  fault: string | null;
}

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });

/** Cuts between graphemes: half an emoji of a family would show another family. */
function cutTo(text: string, longest: number): string {
  let end = 0;
  // The end of a grapheme depends on the next character only, which may be two units long.
  for (const { index, segment } of graphemes.segment(text.slice(0, longest + 2))) {
    if (index + segment.length > longest) break;
    end = index + segment.length;
  }
  return text.slice(0, end);
}

function hidden(fault: string | null): Shown {
  return { text: null, fault };
}

function toShownText(value: unknown, show: (text: string) => Shown): Shown {
  if (value === undefined || value === null) return hidden(null);
  if (typeof value !== 'string') return hidden('is not a string');
  if (value.trim() === '') return hidden('is empty');
  if (!value.isWellFormed() || value.includes('\0'))
    return hidden('contains characters that cannot be stored');
  return show(value);
}

function toShownName(value: unknown): Shown {
  return toShownText(value, (name) => {
    if (name.length <= LONGEST_NAME) return { text: name, fault: null };
    const cut = cutTo(name, LONGEST_NAME).trimEnd();
    return cut === '' ? hidden('is too long') : { text: cut, fault: 'is too long, and was cut' };
  });
}

function toShownPicture(value: unknown): Shown {
  return toShownText(value, (picture) => {
    if (picture.length > LONGEST_PICTURE) return hidden('is too long');
    return /^\s*data:/i.test(picture)
      ? hidden('is a data URL, which would travel with every event')
      : { text: picture, fault: null };
  });
}

/** A fault of a name or picture. */
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
  const name = toShownName(given.name);
  const picture = toShownPicture(given.picture);
  const faults: ProfileFault[] = [];
  if (name.fault !== null) faults.push({ what: 'name', fault: name.fault });
  if (picture.fault !== null) faults.push({ what: 'picture', fault: picture.fault });
  return { name: name.text, picture: picture.text, faults };
}

export type LogFaults = (userId: string, faults: readonly ProfileFault[]) => void;

/** Above this size the cache is cleared, so some faults are logged twice. */
const LARGEST_CACHE = 10_000;

/** Logs each fault of a user's profile once, since the same token comes with every request. */
export function createLogFaults(logger: Logger): LogFaults {
  const logged = new Set<string>();
  return (userId, faults) => {
    for (const { what, fault } of faults) {
      const key = `${userId}/${what}/${fault}`;
      if (logged.has(key)) continue;
      if (logged.size >= LARGEST_CACHE) logged.clear();
      logged.add(key);
      logger.debug('a name or picture is not shown as it came', { userId, what, fault });
    }
  };
}
