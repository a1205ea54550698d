import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/*
 * Checks that each promise in the documents names its tests. A promise is an item of a list, with
 * an item below it for its code and one for each test file:
 *
 * - A ring is repeated until a device acknowledges it.
 *   - Code: `services/…/ring-again.ts`
 *   - Test: `services/…/rings-again.test.ts`:
 *     "a title", "a group > a title"
 */

const ROOT = join(import.meta.dirname, '..', '..');

const CODE = /^Code: `[^`]+`(?:, `[^`]+`)*$/;
const TEST = /^Test: `([^`]+\.test\.ts)`: ("[^"]+"(?:, "[^"]+")*)$/;

interface Promised {
  promise: string;
  /** The items below it, each on one line. */
  details: string[];
}

function toOneLine(text: string): string {
  return text.trim().replace(/\s+/g, ' ');
}

/** Reads all items of all lists. An item ends at a blank line. */
function readPromises(text: string): Promised[] {
  return text
    .split(/\n{2,}|\n(?=- )/)
    .filter((block) => block.startsWith('- '))
    .map((item) => {
      const [promise = '', ...details] = item.slice(2).split(/\n {2}- /);
      return { promise: toOneLine(promise), details: details.map(toOneLine) };
    });
}

function escapeForPattern(title: string): string {
  return title.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

/** Matches a title in any kind of quotes. A `$name` or `%s` of a `test.each` is part of it. */
function matchTitle(words: string, title: string): RegExp {
  const quoted = `(['"\`])${escapeForPattern(title)}\\1,`;
  return new RegExp(`(?:\\b(?:${words})|\\))\\(\\s*${quoted}`, 'g');
}

/** The source of each group of that name, which ends where a line is indented as it is. */
function findGroups(source: string, name: string): string[] {
  return [...source.matchAll(matchTitle('describe', name))].map(({ index }) => {
    const start = source.lastIndexOf('\n', index) + 1;
    const indent = /^ */.exec(source.slice(start))?.[0] ?? '';
    const [group = ''] = source.slice(index).split(`\n${indent}}`);
    return group;
  });
}

/** Whether a source has a test of this title, in its groups: "group > test". */
function hasTest(source: string, title: string): boolean {
  const groups = title.split(' > ');
  const test = groups.pop() ?? '';
  const sources = groups.reduce(
    (outer, group) => outer.flatMap((one) => findGroups(one, group)),
    [source],
  );
  return sources.some((one) => matchTitle('test|it|(?:test|it)\\.concurrent', test).test(one));
}

function findMissingTests(file: string, titles: readonly string[]): string[] {
  const path = join(ROOT, file);
  if (!existsSync(path)) return [`${file} does not exist`];
  const source = readFileSync(path, 'utf8');
  return titles
    .filter((title) => !hasTest(source, title))
    .map((title) => `${file} has no test "${title}"`);
}

function unquote(titles: string): string[] {
  return [...titles.matchAll(/"([^"]+)"/g)].map(([, title = '']) => title);
}

/** Lists what is wrong with the items below a promise. */
function findFaults(details: readonly string[]): string[] {
  const tests = details.map((detail) => TEST.exec(detail)).filter((match) => match !== null);
  const unknown = details.filter((detail) => !CODE.test(detail) && !TEST.test(detail));
  return [
    ...(tests.length === 0 ? ['names no test'] : []),
    ...unknown.map((detail) => `is neither code nor a test: ${detail}`),
    ...tests.flatMap(([, file = '', titles = '']) => findMissingTests(file, unquote(titles))),
  ];
}

describe.each([
  { document: 'RELIABILITY.md', fewest: 60, namesCode: true },
  { document: 'docs/field.md', fewest: 35, namesCode: false },
])('the promises of $document', ({ document, fewest, namesCode }) => {
  const text = readFileSync(join(ROOT, document), 'utf8');
  const promises = readPromises(text);

  test('are there', () => {
    expect(promises.length).toBeGreaterThan(fewest);
  });

  test('have all code and tests of the document', () => {
    const details = promises.flatMap((promise) => promise.details);
    expect(details).toHaveLength(text.match(/^[\s*+-]+(?:Code|Test):/gm)?.length ?? 0);
  });

  test.each(promises)('name a test for: $promise', ({ details }) => {
    expect(findFaults(details)).toEqual([]);
    expect(details.some((detail) => CODE.test(detail))).toBe(namesCode);
  });
});

describe('a promise', () => {
  const THIS_FILE = 'e2e/test/promises.test.ts';

  test.each([
    ['', ['names no test']],
    [
      `  - Test: \`${THIS_FILE}\``,
      ['names no test', `is neither code nor a test: Test: \`${THIS_FILE}\``],
    ],
    ['\n  - Test: `e2e/test/nowhere.test.ts`: "a title"', ['names no test']],
    ['  - Code: `e2e/test`', ['names no test']],
    [
      '  - Test: `e2e/test/nowhere.test.ts`: "a title"',
      ['e2e/test/nowhere.test.ts does not exist'],
    ],
    [
      `  - Test: \`${THIS_FILE}\`:\n    "a promise > is refused\n    with: %j", "has no table"`,
      [`${THIS_FILE} has no test "has no table"`],
    ],
    [
      `  - Test: \`${THIS_FILE}\`: "are there > is refused with: %j"`,
      [`${THIS_FILE} has no test "are there > is refused with: %j"`],
    ],
    [
      `  - Test: \`${THIS_FILE}\`: "the promises of $document > is refused with: %j"`,
      [`${THIS_FILE} has no test "the promises of $document > is refused with: %j"`],
    ],
  ])('is refused with: %j', (below, faults) => {
    const [promised] = readPromises(
      `## Ringing\n\n- It rings\n  twice.\n${below}\n\n- It stops.\n`,
    );
    expect(promised?.promise).toBe('It rings twice.');
    expect(findFaults(promised?.details ?? [])).toEqual(faults);
  });

  test('is kept with code and with tests whose titles are wrapped', () => {
    const list = [
      '- It rings.',
      '  - Code: `e2e/test`, `e2e/faults`',
      `  - Test: \`${THIS_FILE}\`:`,
      '    "a promise > is kept with code and with',
      '    tests whose titles are wrapped",',
      '    "is refused with: %j"',
    ].join('\n');
    expect(readPromises(list).map(({ details }) => findFaults(details))).toEqual([[]]);
  });
});

/** Quotes in running text: "a title" in `file`. */
describe('docs/failures.md', () => {
  const text = readFileSync(join(ROOT, 'docs/failures.md'), 'utf8');
  const quotes = [...toOneLine(text).matchAll(/"([^"]+)"\)? in `([^`]+\.test\.ts)`/g)].map(
    ([, title = '', file = '']) => ({ title, file }),
  );

  test('quotes tests', () => {
    expect(quotes.length).toBeGreaterThan(5);
  });

  test.each(quotes)('quotes an existing test of $file', ({ file, title }) => {
    expect(findMissingTests(file, [title])).toEqual([]);
  });
});
