// Counts of a test run. Invariant: what did not report does not count as passed; a crash, a project without a test and
// a sum of zero are failures, so that "0 failed" on the closing line can be believed.
import { existsSync, readdirSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { readJson, root, workspaces } from './workspace.mjs';

/** Adds up the native modules. The Makefile puts `== native/cache` above the output of each, and a test program ends with
 * `native: 12 passed, 0 failed`.
 * @param modules  names of which each must have such a line
 * @returns counts, and a problem for each module whose line is not there */
export function readNative(output, code, modules) {
  const sections = new Map(
    output
      .split(/^== native\//m)
      .slice(1)
      .map((text) => [text.split('\n', 1)[0].trim(), text]),
  );
  const problems = [];
  const count = { passed: 0, failed: 0 };
  for (const name of modules) {
    // A test may start the program anew: its own line is the last.
    const lines = (sections.get(name) ?? '').matchAll(/^native: (\d+) passed, (\d+) failed$/gm);
    const line = [...lines].at(-1);
    if (line === undefined) {
      problems.push(`native/${name} ended with code ${code} and no report`);
      continue;
    }
    if (Number(line[1]) === 0) problems.push(`native/${name} ran no test`);
    count.passed += Number(line[1]);
    count.failed += Number(line[2]);
  }
  if (code !== 0 && count.failed === 0 && problems.length === 0) {
    problems.push(`native units ended with code ${code}`);
  }
  return { ...count, failed: count.failed + problems.length, skipped: 0, problems };
}

/** Reads the JSON report of vitest and the list of skips.
 * @param code      exit code of vitest
 * @param projects  folders (`packages/common`) of which each must have run a test */
export function readVitest(reports, code, projects, base = root) {
  const none = { passed: 0, failed: 1, skipped: 0, skips: [] };
  const file = join(reports, 'vitest.json');
  if (!existsSync(file))
    return { ...none, problems: [`vitest ended with code ${code} and no report`] };
  const report = readJson(file);
  const count = { passed: 0, failed: 0, skipped: 0 };
  const problems = [];
  const seen = new Set();
  for (const { name, status, assertionResults, message } of report.testResults) {
    const path = relative(base, name).split(sep).join('/');
    for (const result of assertionResults) {
      if (result.status === 'passed') count.passed += 1;
      else if (result.status === 'failed') count.failed += 1;
      else count.skipped += 1;
    }
    if (
      assertionResults.some((result) => result.status !== 'pending' && result.status !== 'todo')
    ) {
      seen.add(projects.find((project) => path.startsWith(`${project}/`)));
    }
    // A file that cannot be loaded has no assertions, only a message.
    if (status === 'failed' && !assertionResults.some((result) => result.status === 'failed')) {
      problems.push(`${path} failed outside its tests: ${message.split('\n', 1)[0]}`);
    }
  }
  for (const project of projects) if (!seen.has(project)) problems.push(`${project} ran no test`);
  const skipFile = join(reports, 'skips.json');
  const skips = existsSync(skipFile) ? readJson(skipFile) : [];
  for (const { file: where, title, note } of skips) {
    if (note === null) problems.push(`${where} skips "${title}" without a reason`);
  }
  if (skips.length < count.skipped) problems.push('some skipped tests did not report a reason');
  if (code !== 0 && count.failed === 0 && problems.length === 0) {
    problems.push(
      `vitest ended with code ${code}: coverage below its thresholds, or an error outside the tests`,
    );
  }
  return { ...count, failed: count.failed + problems.length, problems, skips };
}

/** Folders that must have tests: every workspace member, the scripts and the benchmarks. */
export function testedProjects() {
  return [...workspaces().map(({ path }) => path), 'scripts', 'benchmarks'];
}

/** Modules of native/ that must have tests: every folder with a folder `test`. */
export function nativeModules(base = root) {
  const folder = join(base, 'native');
  return readdirSync(folder).filter((name) => existsSync(join(folder, name, 'test')));
}

/** Adds the parts up. */
export function sum(parts) {
  const total = { passed: 0, failed: 0, skipped: 0 };
  for (const part of parts) for (const key of Object.keys(total)) total[key] += part[key];
  if (total.passed + total.failed === 0) total.failed = 1;
  return total;
}

/** `tests: 1234 passed, 0 failed, 3 skipped` */
export function closingLine({ passed, failed, skipped }) {
  return `tests: ${passed} passed, ${failed} failed, ${skipped} skipped`;
}
