import { type JestReport, type Result, summarize, toResults } from '../test-summary.ts';

function result(area: string, more: Partial<Result> = {}): Result {
  return { area, passed: 1, failures: [], skipped: [], ...more };
}

function makeReport(
  file: string,
  statuses: Record<string, string>,
  status = 'passed',
): JestReport['testResults'][number] {
  const assertionResults = Object.entries(statuses).map(([fullName, one]) => ({
    fullName,
    status: one,
  }));
  return { name: `/clone/${file}`, status, assertionResults };
}

describe('the summary of npm test', () => {
  it('ends with the line that a CI reads', () => {
    const results = [result('Types'), result('packages/store', { passed: 7, failures: ['one'] })];
    expect(summarize(results, []).at(-1)).toBe('8 passed, 1 failed');
    expect(summarize([], []).at(-1)).toBe('0 passed, 0 failed');
  });

  it('adds up the tests of an area from several runs', () => {
    const results = [
      result('end-to-end', { passed: 3 }),
      result('packages/domain', { passed: 5 }),
      result('end-to-end', { passed: 4, failures: ['broken'], skipped: ['later'] }),
    ];
    expect(summarize(results, [])).toEqual(
      expect.arrayContaining([
        'FAILED  end-to-end: 7 passed, 1 failed, 1 skipped',
        'ok      packages/domain: 5 passed',
      ]),
    );
  });

  it('names what did not run and why, and each failed test', () => {
    const results = [result('Types', { passed: 0, failures: ['Types'] })];
    const leftOut = [{ what: 'e2e/test/network.test.ts', why: 'needs root' }];
    expect(summarize(results, leftOut).slice(-3)).toEqual([
      'not run  e2e/test/network.test.ts (needs root)',
      'FAILED  Types',
      '0 passed, 1 failed',
    ]);
  });
});

describe('a report of Jest', () => {
  it('gives a result for each file, in the area of the file', () => {
    const testResults = [
      makeReport('packages/store/test/due.test.ts', { holds: 'passed', waits: 'pending' }),
      makeReport('e2e/test/docs.test.ts', { breaks: 'failed', holds: 'passed' }, 'failed'),
      makeReport('scripts/test/ports.test.ts', { holds: 'passed' }),
    ];
    expect(toResults({ testResults }, '/clone')).toEqual([
      result('packages/store', { skipped: ['packages/store/test/due.test.ts: waits'] }),
      result('end-to-end', { failures: ['e2e/test/docs.test.ts: breaks'] }),
      result('scripts'),
    ]);
  });

  it('counts a file that cannot be run as one failed test', () => {
    const testResults = [makeReport('testing/test/ports.test.ts', {}, 'failed')];
    expect(toResults({ testResults }, '/clone')).toEqual([
      result('testing', { passed: 0, failures: ['testing/test/ports.test.ts'] }),
    ]);
  });
});
