import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

/*
 * Documentation rots: here every path, link and command that the documents name is looked up.
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

/** A path from the root, or the end of one: `contract/src/calls.ts` means `packages/contract/src/calls.ts`. */
const isThere = (named: string): boolean => {
  const path = named.replace(/\/$/, '').replace(/:\d+$/, '');
  return paths.some((one) => one === path || one.endsWith(`/${path}`));
};

const FILE =
  /^[\w@.-]+(\/[\w@.-]+)*\.(ts|tsx|mjs|js|json|md|sql|ya?ml|conf|svg|png|html|css)(:\d+)?$/;
const FOLDER = new RegExp(`^(${readdirSync(ROOT).join('|').replaceAll('.', '\\.')})/[\\w@./-]*$`);

/** In the words of code spans and blocks. What holds a placeholder is the name of nothing. */
const pathsNamed = (code: string): string[] =>
  code
    .split(/[\s'"`(){},;=]+/)
    .filter((word) => !/^(\.|node_modules)/.test(word) && (FILE.test(word) || FOLDER.test(word)));

const OF_NPM_ITSELF = ['ci', 'install', 'i', 'exec', 'publish', 'pack'];

/** Commands of npm that run a script which is not there: of the root, or of the workspace after `-w`. */
const missingCommands = (code: string): string[] =>
  [...code.matchAll(/\bnpm (?:run (?:-\S+ )*)?([a-z][\w:-]*)([^\n]*)/g)]
    .map(([command, name = '', more = '']) => {
      const workspace = /(?:-w|--workspace)[ =](\S+)/.exec(more)?.[1] ?? '.';
      return { command, known: [...OF_NPM_ITSELF, ...scriptsOf(workspace)].includes(name) };
    })
    .filter(({ known }) => !known)
    .map(({ command }) => command);

function scriptsOf(workspace: string): string[] {
  const { scripts = {} } = JSON.parse(readFileSync(join(ROOT, workspace, 'package.json'), 'utf8'));
  return Object.keys(scripts);
}

/** Code spans and fenced blocks, without pictures drawn in text. */
function codeIn(text: string): string[] {
  const blocks = [...text.matchAll(/^```(\w*)\n([\s\S]*?)^```/gm)];
  const prose = text.replace(/^```[\s\S]*?^```/gm, '');
  return [
    ...blocks.filter(([, language]) => language !== 'mermaid').map(([, , code = '']) => code),
    ...[...prose.matchAll(/`([^`\n]+)`/g)].map(([, code = '']) => code),
  ];
}

test('the three documents that a newcomer reads are there', () => {
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

  test('links only to what exists', () => {
    const targets = [...text.matchAll(/\]\(([^)\s]+)[^)]*\)|\bsrc="([^"]+)"/g)]
      .map(([, link, source]) => link ?? source ?? '')
      .filter((target) => !/^(https?:|mailto:|#)/.test(target))
      .map((target) => target.replace(/#.*$/, ''));
    const missing = targets.filter((target) => !existsSync(join(ROOT, dirname(document), target)));
    expect(missing).toEqual([]);
  });
});
