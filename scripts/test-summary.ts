import { relative } from 'node:path';

/** The result of a check, or of the tests of one area. */
export interface Result {
  readonly area: string;
  readonly passed: number;
  /** What failed, one line each. */
  readonly failures: readonly string[];
  /** Tests that did not run: marked as skipped in their file, or not selected by `-t`. */
  readonly skipped: readonly string[];
}

/** Something that was left out, and why. */
export interface LeftOut {
  readonly what: string;
  readonly why: string;
}

/** The part of Jest's `--json` report that is read here. */
export interface JestReport {
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly assertionResults: readonly { readonly fullName: string; readonly status: string }[];
  }[];
}

/** `packages/store/test/due.test.ts` -> `packages/store`. A folder without packages is one area. */
function toArea(file: string): string {
  const [folder = '', inner = ''] = file.split('/');
  if (folder === 'e2e') return 'end-to-end';
  return ['packages', 'services', 'examples'].includes(folder) ? `${folder}/${inner}` : folder;
}

/** A test file that cannot be run counts as one failed test. */
export function toResults({ testResults }: JestReport, root: string): Result[] {
  return testResults.map(({ name, status, assertionResults }) => {
    const file = relative(root, name);
    const named = (wanted: string[]) =>
      assertionResults
        .filter((test) => wanted.includes(test.status))
        .map(({ fullName }) => `${file}: ${fullName}`);
    const failures = named(['failed']);
    return {
      area: toArea(file),
      passed: named(['passed']).length,
      failures: failures.length === 0 && status === 'failed' ? [file] : failures,
      skipped: named(['pending', 'skipped', 'todo', 'disabled']),
    };
  });
}

/** Sums up the results of each area, in the order in which the areas first appear. */
function sumByArea(results: readonly Result[]): Result[] {
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

function toLine({ area, passed, failures, skipped }: Result): string {
  const failed = failures.length > 0 ? `, ${failures.length} failed` : '';
  const left = skipped.length > 0 ? `, ${skipped.length} skipped` : '';
  return `${failures.length === 0 ? 'ok    ' : 'FAILED'}  ${area}: ${passed} passed${failed}${left}`;
}

/** Says what ran, what did not and why, and what failed. A CI reads the last line. */
export function summarize(results: readonly Result[], leftOut: readonly LeftOut[]): string[] {
  const failures = results.flatMap((result) => result.failures);
  const passed = results.reduce((sum, result) => sum + result.passed, 0);
  return [
    '',
    'What ran:',
    ...sumByArea(results).map(toLine),
    ...leftOut.map(({ what, why }) => `not run  ${what} (${why})`),
    // Repeated here, since the details are far above.
    ...failures.map((failure) => `FAILED  ${failure}`),
    `${passed} passed, ${failures.length} failed`,
  ];
}
