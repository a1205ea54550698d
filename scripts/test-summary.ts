import { relative } from 'node:path';

/** What one check came to, or the tests of one area. */
export interface Result {
  readonly area: string;
  readonly passed: number;
  /** What did not hold, each in a line. */
  readonly failures: readonly string[];
  /** Tests that were not run: marked so in their file, or not meant by `-t`. */
  readonly skipped: readonly string[];
}

/** Something that was left out, and why. */
export interface LeftOut {
  readonly what: string;
  readonly why: string;
}

/** What Jest writes with `--json`, as far as it is read here. */
export interface JestReport {
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly assertionResults: readonly { readonly fullName: string; readonly status: string }[];
  }[];
}

/** `packages/store/test/commit.test.ts` -> `packages/store`; what has no packages of its own is one area. */
function areaOf(file: string): string {
  const [folder = '', inner = ''] = file.split('/');
  if (folder === 'e2e') return 'end-to-end';
  return ['packages', 'services', 'examples'].includes(folder) ? `${folder}/${inner}` : folder;
}

/** A test file that cannot even be run counts as one failed test. */
export function resultsOf({ testResults }: JestReport, root: string): Result[] {
  return testResults.map(({ name, status, assertionResults }) => {
    const file = relative(root, name);
    const named = (wanted: string[]) =>
      assertionResults
        .filter((test) => wanted.includes(test.status))
        .map(({ fullName }) => `${file}: ${fullName}`);
    const failures = named(['failed']);
    return {
      area: areaOf(file),
      passed: named(['passed']).length,
      failures: failures.length === 0 && status === 'failed' ? [file] : failures,
      skipped: named(['pending', 'skipped', 'todo', 'disabled']),
    };
  });
}

/** One result for each area, in the order in which they first come. */
function byArea(results: readonly Result[]): Result[] {
  const areas = new Map<string, Result>();
  for (const result of results) {
    const known = areas.get(result.area);
    areas.set(result.area, {
      area: result.area,
      passed: (known?.passed ?? 0) + result.passed,
      failures: [...(known?.failures ?? []), ...result.failures],
      skipped: [...(known?.skipped ?? []), ...result.skipped],
    });
  }
  return [...areas.values()];
}

function lineOf({ area, passed, failures, skipped }: Result): string {
  const failed = failures.length > 0 ? `, ${failures.length} failed` : '';
  const left = skipped.length > 0 ? `, ${skipped.length} skipped` : '';
  return `${failures.length === 0 ? 'ok    ' : 'FAILED'}  ${area}: ${passed} passed${failed}${left}`;
}

/** What ran, what did not and why, and what failed. A CI reads the last line. */
export function summaryOf(results: readonly Result[], leftOut: readonly LeftOut[]): string[] {
  const failures = results.flatMap((result) => result.failures);
  const passed = results.reduce((sum, result) => sum + result.passed, 0);
  return [
    '',
    'What ran:',
    ...byArea(results).map(lineOf),
    ...leftOut.map(({ what, why }) => `not run  ${what} (${why})`),
    // Named once more, since the reasons stand far above.
    ...failures.map((failure) => `FAILED  ${failure}`),
    `${passed} passed, ${failures.length} failed`,
  ];
}
