import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { closingLine, nativeModules, readNative, readVitest, sum } from '../lib/test-report.mjs';
import { plant } from './tree.mjs';

const file = (base, path, statuses, status = 'passed', message = '') => ({
  name: join(base, path),
  status,
  message,
  assertionResults: statuses.map((each) => ({ status: each })),
});

function read({ testResults, skips = [], code = 0, projects = ['packages/a'] }) {
  const base = plant({});
  const reports = plant({
    'vitest.json': { testResults: testResults(base) },
    'skips.json': skips,
  });
  return readVitest(reports, code, projects, base);
}

describe('readNative', () => {
  it('reads the last line of the harness', () => {
    const output =
      '== native/cache\nok a\nnative: 1 passed, 0 failed\nok b\nnative: 12 passed, 0 failed\n';
    expect(readNative(output, 0, ['cache'])).toMatchObject({ passed: 12, failed: 0, problems: [] });
  });

  it('adds up the modules', () => {
    const output =
      '== native/cache\nnative: 12 passed, 1 failed\n== native/router\nnative: 3 passed, 2 failed\n';
    expect(readNative(output, 2, ['cache', 'router'])).toEqual({
      passed: 15,
      failed: 3,
      skipped: 0,
      problems: [],
    });
  });

  it.each([
    ['ended before its report', '== native/router\nSegmentation fault\n'],
    ['did not run', ''],
  ])('counts a module that %s as a failure, beside one that passed', (_what, rest) => {
    const output = `== native/cache\nnative: 12 passed, 0 failed\n${rest}`;
    expect(readNative(output, 2, ['cache', 'router'])).toEqual({
      passed: 12,
      failed: 1,
      skipped: 0,
      problems: ['native/router ended with code 2 and no report'],
    });
  });

  it.each([
    ['a crash without a report', 'Segmentation fault', 139],
    ['no test', 'native: 0 passed, 0 failed', 0],
    ['a bad end after a good report', 'native: 3 passed, 0 failed', 1],
    ['a failed test', 'native: 3 passed, 1 failed', 1],
  ])('counts %s as a failure', (_what, output, code) => {
    expect(readNative(`== native/cache\n${output}`, code, ['cache']).failed).toBe(1);
  });
});

describe('nativeModules', () => {
  it('finds the folders that have tests, and not the harness', () => {
    const base = plant({
      'native/test/test.h': '',
      'native/a/test/main.cc': '',
      'native/b/test/main.cc': '',
      'native/docs/x.md': '',
    });
    expect(nativeModules(base)).toEqual(['a', 'b']);
  });
});

describe('readVitest', () => {
  it('adds up the files', () => {
    const report = read({
      testResults: (base) => [
        file(base, 'packages/a/test/x.test.ts', ['passed', 'passed', 'pending']),
        file(base, 'packages/b/test/y.test.ts', ['passed']),
      ],
      skips: [{ file: 'packages/a/test/x.test.ts', title: 't', note: 'no browser' }],
      projects: ['packages/a', 'packages/b'],
    });
    expect(report).toMatchObject({ passed: 3, failed: 0, skipped: 1, problems: [] });
  });

  it('counts a missing report as a failure', () => {
    const report = readVitest(plant({}), 134, ['packages/a']);
    expect(report).toMatchObject({ passed: 0, failed: 1 });
    expect(report.problems).toEqual(['vitest ended with code 134 and no report']);
  });

  it('counts a file that cannot be loaded', () => {
    const report = read({
      testResults: (base) => [
        file(base, 'packages/a/test/x.test.ts', ['passed']),
        file(base, 'packages/a/test/bad.test.ts', [], 'failed', 'SyntaxError: x\nat y'),
      ],
      code: 1,
    });
    expect(report.failed).toBe(1);
    expect(report.problems).toEqual([
      'packages/a/test/bad.test.ts failed outside its tests: SyntaxError: x',
    ]);
  });

  it('counts a project that ran no test, skipped ones not counted', () => {
    const report = read({
      testResults: (base) => [
        file(base, 'packages/a/test/x.test.ts', ['passed']),
        file(base, 'packages/b/test/x.test.ts', ['pending']),
      ],
      skips: [{ file: 'x', title: 't', note: 'why' }],
      projects: ['packages/a', 'packages/b'],
    });
    expect(report.problems).toEqual(['packages/b ran no test']);
  });

  it('counts a skip without a reason', () => {
    const report = read({
      testResults: (base) => [file(base, 'packages/a/test/x.test.ts', ['passed', 'pending'])],
      skips: [{ file: 'x.test.ts', title: 't', note: null }],
    });
    expect(report.problems).toEqual(['x.test.ts skips "t" without a reason']);
  });

  it('counts a bad end that no test explains, such as coverage', () => {
    const testResults = (base) => [file(base, 'packages/a/test/x.test.ts', ['passed'])];
    expect(read({ testResults, code: 1 }).failed).toBe(1);
  });

  it('counts a failed test once', () => {
    const testResults = (base) => [
      file(base, 'packages/a/test/x.test.ts', ['passed', 'failed'], 'failed'),
    ];
    expect(read({ testResults, code: 1 })).toMatchObject({ passed: 1, failed: 1, problems: [] });
  });
});

describe('closingLine', () => {
  it('states the sum of the parts', () => {
    const total = sum([
      { passed: 1, failed: 0, skipped: 2 },
      { passed: 3, failed: 1, skipped: 0 },
    ]);
    expect(closingLine(total)).toBe('tests: 4 passed, 1 failed, 2 skipped');
  });

  it('does not take no tests for success', () => {
    expect(sum([{ passed: 0, failed: 0, skipped: 5 }]).failed).toBe(1);
  });
});
