import { type JestReport, type Result, resultsOf, summaryOf } from '../test-summary.ts';

function result(area: string, more: Partial<Result> = {}): Result {
  return { area, passed: 1, failures: [], skipped: [], ...more };
}

function reportOf(
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
    expect(summaryOf(results, []).at(-1)).toBe('8 passed, 1 failed');
    expect(summaryOf([], []).at(-1)).toBe('0 passed, 0 failed');
  });

  it('counts the tests of an area together, whichever run they are from', () => {
    const results = [
      result('end-to-end', { passed: 3 }),
      result('packages/domain', { passed: 5 }),
      result('end-to-end', { passed: 4, failures: ['broken'], skipped: ['later'] }),
    ];
    expect(summaryOf(results, [])).toEqual(
      expect.arrayContaining([
        'FAILED  end-to-end: 7 passed, 1 failed, 1 skipped',
        'ok      packages/domain: 5 passed',
      ]),
    );
  });

  it('says what was left out and why, and names each failed test', () => {
    const results = [result('Types', { passed: 0, failures: ['Types'] })];
    const leftOut = [{ what: 'e2e/test/network.test.ts', why: 'needs root' }];
    expect(summaryOf(results, leftOut).slice(-3)).toEqual([
      'not run  e2e/test/network.test.ts (needs root)',
      'FAILED  Types',
      '0 passed, 1 failed',
    ]);
  });
});

describe('a report of Jest', () => {
  it('is a result for each file, in the area of the file', () => {
    const testResults = [
      reportOf('packages/store/test/due.test.ts', { holds: 'passed', waits: 'pending' }),
      reportOf('e2e/test/docs.test.ts', { breaks: 'failed', holds: 'passed' }, 'failed'),
      reportOf('scripts/test/ports.test.ts', { holds: 'passed' }),
    ];
    expect(resultsOf({ testResults }, '/clone')).toEqual([
      result('packages/store', { skipped: ['packages/store/test/due.test.ts: waits'] }),
      result('end-to-end', { failures: ['e2e/test/docs.test.ts: breaks'] }),
      result('scripts'),
    ]);
  });

  it('counts a file that cannot be run as one failed test', () => {
    const testResults = [reportOf('testing/test/ports.test.ts', {}, 'failed')];
    expect(resultsOf({ testResults }, '/clone')).toEqual([
      result('testing', { passed: 0, failures: ['testing/test/ports.test.ts'] }),
    ]);
  });
});
