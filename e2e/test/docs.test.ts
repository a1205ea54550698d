import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

/*
 * Checks every path, link and command that the documents name, and how they are wrapped.
 * promises.test.ts checks the tests that they name.
 */

const ROOT = join(import.meta.dirname, '..', '..');
const NOT_OURS = ['node_modules', '.git', '.ringline', 'dist'];

const paths = walk(ROOT);
const documents = paths.filter((path) => path.endsWith('.md'));

function walk(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter(({ name }) => !NOT_OURS.includes(name))
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      return [relative(ROOT, path), ...(entry.isDirectory() ? walk(path) : [])];
    });
}

/**
 * Accepts a path from the root, or its end: `contract/src/calls.ts` means
 * `packages/contract/src/calls.ts`.
 */
function isThere(named: string): boolean {
  const path = named.replace(/\/$/, '').replace(/:\d+$/, '');
  return paths.some((one) => one === path || one.endsWith(`/${path}`));
}

const FILE =
  /^[\w@.-]+(\/[\w@.-]+)*\.(ts|tsx|mjs|js|json|md|sql|ya?ml|conf|svg|png|html|css)(:\d+)?$/;
const FOLDER = new RegExp(`^(${readdirSync(ROOT).join('|').replaceAll('.', '\\.')})/[\\w@./-]*$`);

/** Finds the paths in a code span or block. Words with a placeholder are no paths. */
function pathsNamed(code: string): string[] {
  return code
    .split(/[\s'"`(){},;=]+/)
    .filter((word) => !/^(\.|node_modules)/.test(word) && (FILE.test(word) || FOLDER.test(word)));
}

const OF_NPM_ITSELF = ['ci', 'install', 'i', 'exec', 'publish', 'pack'];

/** Finds npm commands whose script does not exist in the root, or in the workspace after `-w`. */
function missingCommands(code: string): string[] {
  return [...code.matchAll(/\bnpm (?:run (?:-\S+ )*)?([a-z][\w:-]*)([^\n]*)/g)]
    .map(([command, name = '', more = '']) => {
      const workspace = /(?:-w|--workspace)[ =](\S+)/.exec(more)?.[1] ?? '.';
      return { command, known: [...OF_NPM_ITSELF, ...listScripts(workspace)].includes(name) };
    })
    .filter(({ known }) => !known)
    .map(({ command }) => command);
}

function listScripts(workspace: string): string[] {
  const { scripts = {} } = JSON.parse(readFileSync(join(ROOT, workspace, 'package.json'), 'utf8'));
  return Object.keys(scripts);
}

/** Code spans and fenced blocks, without diagrams. */
function codeIn(text: string): string[] {
  const blocks = [...text.matchAll(/^```(\w*)\n([\s\S]*?)^```/gm)];
  const prose = text.replace(/^```[\s\S]*?^```/gm, '');
  return [
    ...blocks.filter(([, language]) => language !== 'mermaid').map(([, , code = '']) => code),
    ...[...prose.matchAll(/`([^`\n]+)`/g)].map(([, code = '']) => code),
  ];
}

test('the three documents for newcomers exist', () => {
  expect(documents).toEqual(
    expect.arrayContaining(['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md']),
  );
});

describe.each(documents)('%s', (document) => {
  const text = readFileSync(join(ROOT, document), 'utf8');

  test('names only files and folders that exist', () => {
    const named = codeIn(text).flatMap(pathsNamed);
    expect(named.filter((path) => !isThere(path))).toEqual([]);
  });

  test('names only commands that exist', () => {
    expect(codeIn(text).flatMap(missingCommands)).toEqual([]);
  });

  test('links only to existing files and headings', () => {
    const targets = [...text.matchAll(/\]\(([^)\s]+)[^)]*\)|\bsrc="([^"]+)"/g)]
      .map(([, link, source]) => link ?? source ?? '')
      .filter((target) => !/^(https?:|mailto:|#)/.test(target))
      .map((target) => target.replace(/#.*$/, ''));
    const missing = targets.filter((target) => !existsSync(join(ROOT, dirname(document), target)));
    expect(missing).toEqual([]);
  });
});

const WIDTH = 120;
const WRAPPED =
  /^(README|ARCHITECTURE|RELIABILITY|SECURITY|SCALING|CONTRIBUTING|CHANGELOG|docs\/.*|bench\/.*|packages\/\w+\/README|examples\/web\/README)\.md$/;

/** Lines of prose that are too long. Tables, code blocks and the targets of links may be longer. */
function findLongLines(text: string): string[] {
  return text
    .replace(/^ *```[\s\S]*?^ *```/gm, '')
    .split('\n')
    .filter((line) => !/^ *\|/.test(line))
    .filter((line) => [...line.replace(/\]\([^)]*\)/g, ']')].length > WIDTH);
}

test.each(documents.filter((path) => WRAPPED.test(path)))('%s is wrapped', (document) => {
  expect(findLongLines(readFileSync(join(ROOT, document), 'utf8'))).toEqual([]);
});

test('a line of prose is too long beyond 120 columns, without the targets of its links', () => {
  const fits = `${'x'.repeat(110)} [more](docs/field.md)`;
  const table = `| ${'x'.repeat(120)} |`;
  const code = `\`\`\`\n${'x'.repeat(121)}\n\`\`\``;
  const tooLong = `${'x'.repeat(114)} [more](docs/field.md)`;
  expect(findLongLines([fits, table, code, tooLong].join('\n'))).toEqual([tooLong]);
});

/** The paths of each list in "The way of one request": the first of each item. */
function waysOfRequests(): [title: string, paths: string[]][] {
  const text = readFileSync(join(ROOT, 'ARCHITECTURE.md'), 'utf8');
  const [, section = ''] = /^## The way of one request\n([\s\S]*?)^## /m.exec(text) ?? [];
  return section
    .split(/^### /m)
    .slice(1)
    .map((list) => [
      list.split('\n')[0] ?? '',
      [...list.matchAll(/^\d+\. `([^`]+)`/gm)].map(([, path = '']) => path),
    ]);
}

/** Whether a file imports another one, or the package that it belongs to. */
function isImporting(path: string, other: string): boolean {
  const source = readFileSync(join(ROOT, path), 'utf8');
  return [...source.matchAll(/ from '([^']+)'/g)].some(([, name = '']) =>
    name.startsWith('@ringline/')
      ? other.startsWith(`packages/${name.split('/')[1]}/`)
      : name.startsWith('.') && join(dirname(path), name) === other,
  );
}

test('ARCHITECTURE.md follows four requests', () => {
  expect(waysOfRequests().map(([title]) => title)).toEqual([
    '`POST /calls`',
    '`call:accept`',
    'A LiveKit webhook',
    'An expired deadline',
  ]);
});

test.each(waysOfRequests())('the way of %s is a line of files along imports', (_, files) => {
  expect(files.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
  expect(files.length).toBeGreaterThan(8);
  const apart = files.filter((path, index) => {
    const before = files.slice(0, index);
    return index > 0 && !before.some((one) => isImporting(one, path) || isImporting(path, one));
  });
  expect(apart).toEqual([]);
});
