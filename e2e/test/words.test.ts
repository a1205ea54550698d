import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/*
 * Words that were given up, and the marks of prose that has to be decoded. docs/glossary.md has the
 * words that took their place.
 */

const ROOT = join(import.meta.dirname, '..', '..');
const THIS_FILE = 'e2e/test/words.test.ts';

interface Source {
  path: string;
  text: string;
}

const sources: readonly Source[] = execFileSync(
  'git',
  ['ls-files', '--cached', '--others', '--exclude-standard'],
  { cwd: ROOT, encoding: 'utf8' },
)
  .split('\n')
  .filter((path) => /\.(ts|mjs|md)$/.test(path) && path !== THIS_FILE)
  .map((path) => ({ path, text: readFileSync(join(ROOT, path), 'utf8') }));

/** Identifiers and names of commands, events and files; each may stand where the exception says. */
const GIVEN_UP: readonly { words: string; except?: RegExp }[] = [
  { words: 'beginTurn takeOut adminEnd standingOf carryOut carryOutMutes claimsOf NO_CLAIMS' },
  { words: 'answersExisting callToAnswer settleDue settleCall commitDue' },
  { words: 'sessionsOverUntilMs toldIn toldOf repeatRings ringsAgain resendRings mayAsk' },
  { words: 'rememberAnswer Recalled LiveKitReport rememberReport EngineRefusal keepGauges' },
  { words: 'openRoom closeRoom removeUser usersIn', except: /packages\/client|examples/ },
  { words: 'Duty Duties farewell Forgotten LineSet CallInlet' },
  { words: 'getting-in.ts getting-out.ts taking-part.ts topics.ts kinds.ts asker.ts' },
  { words: 'STATES.md API.md DESIGN.md' },
  // Release 0.1 knows these words from the database and from the digests of requests.
  { words: 'pass_time ring_ack admin_end', except: /acts\/idempotency\.ts|digests\.test\.ts/ },
  { words: 'grace_ran_out', except: /store\/src\/rows\.ts/ },
];

/** English words that were names in the code of the services and of the packages below them. */
const NAMES_GIVEN_UP = [
  'Turn turn noted standing introduced isIn isOut isRung isLive isShutOut wasRung passTime',
  'Told Asker asker Refused recall Recalled Claims',
];
const SERVER_CODE = /^(packages\/(contract|domain|engine|quality|store)|services\/[\w-]+)\/src\//;
/** A token's claims and a TURN server's settings. */
const OTHER_MEANINGS = /identity\/|sockets\/handshake|livekit\/|media\/credentials|service\.ts/;

const RIDDLES: readonly RegExp[] = [
  /\b(nobody|whoever|anew|thereupon|upon which|is no news)\b/i,
  /\b(?:^|[.:] )What (?:\w+ ){1,6}(?:is|are|was|were|has|have|may|can|must) /m,
];

function commentsIn(text: string): string {
  return text
    .split('\n')
    .map((line) => /^\s*(?:\/\/|\/?\*+)\s?(.*)$/.exec(line)?.[1] ?? /\s\/\/ (.*)$/.exec(line)?.[1])
    .filter((comment) => comment !== undefined)
    .join('\n');
}

function titlesIn(text: string): string {
  const title = /\b(?:it|test|describe)(?:\.\w+)*(?:\([^()]*\))?\(\s*(['"`])((?:\\.|(?!\1).)*)\1/gs;
  return [...text.matchAll(title)].map(([, , words]) => words).join('\n');
}

function proseIn({ path, text }: Source): string {
  if (path.endsWith('.md')) return text.replace(/^```.*?^```/gms, '').replace(/`[^`]*`/g, '');
  return `${commentsIn(text)}\n${titlesIn(text)}`;
}

/** `packages/client`, `docs`, and so on. */
function areaOf({ path }: Source): string {
  const [first = '', second = ''] = path.split('/');
  return ['packages', 'services', 'examples'].includes(first) ? `${first}/${second}` : first;
}

function withoutStrings(text: string): string {
  return text.replace(/'(?:\\.|[^'\\\n])*'|^\s*(?:\/\/|\/?\*).*$/gm, '');
}

function find(words: string, looked: readonly Source[]): string[] {
  const escaped = words.replaceAll('.', '\\.').replaceAll(' ', '|');
  const pattern = new RegExp(`(?<![\\w-])(?:${escaped})(?![\\w-])`);
  return looked
    .filter(({ text }) => pattern.test(text))
    .map(({ path, text }) => `${path}: ${pattern.exec(text)?.[0]}`);
}

const areas = [...Map.groupBy(sources, areaOf)];

describe('the words of the glossary', () => {
  test.each(GIVEN_UP)('have replaced $words', ({ words, except }) => {
    const looked = sources.filter(({ path }) => except === undefined || !except.test(path));
    expect(find(words, looked)).toEqual([]);
  });

  test.each(NAMES_GIVEN_UP)('have replaced %s in the code', (words) => {
    const looked = sources
      .filter(({ path }) => SERVER_CODE.test(path) && !OTHER_MEANINGS.test(path))
      .map(({ path, text }) => ({ path, text: withoutStrings(text) }));
    expect(find(words, looked)).toEqual([]);
  });
});

describe('comments, titles of tests and documents', () => {
  test.each(areas)('of %s are written in plain English', (_, area) => {
    const found = area.flatMap((source) => {
      const prose = proseIn(source);
      const riddles = RIDDLES.map((riddle) => riddle.exec(prose)?.[0]);
      return riddles
        .filter((riddle) => riddle !== undefined)
        .map((riddle) => `${source.path}: ${riddle}`);
    });
    expect(found).toEqual([]);
  });
});
