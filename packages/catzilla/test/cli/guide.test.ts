// docs/guide/command-line.md: its application, and what its samples say that commands print.
import { mkdir, readFile, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { folder, run } from './support/run.ts';

const PACKAGE = join(import.meta.dirname, '../..');
const guide = await readFile(join(PACKAGE, '../../docs/guide/command-line.md'), 'utf8');

/** What stands below a command in a sample, up to the end of the sample. */
function sample(command: string): string {
  const text = guide.split(`$ npx catzilla ${command}\n`)[1];
  if (text === undefined) throw new Error(`the guide has no sample of ${command}`);
  return text.split('```')[0]!;
}

async function application(): Promise<string> {
  const source = /```js\n(\/\/ app\.js\n[^]*?)```/.exec(guide)![1]!;
  const cwd = await folder({ 'app.js': source, 'package.json': '{ "type": "module" }' });
  await mkdir(join(cwd, 'node_modules'));
  await symlink(PACKAGE, join(cwd, 'node_modules', 'catzilla'));
  return cwd;
}

it('has the help as it is', async () => {
  expect((await run(['--help'])).stdout).toBe(sample('--help'));
});

it('lists the routes of its application as they are', async () => {
  const { code, stdout } = await run(['routes', 'app.js'], { cwd: await application() });
  expect(code).toBe(0);
  expect(stdout).toBe(sample('routes app.js'));
});

it('has the checks of the doctor, and what it says of its application', async () => {
  const { stdout } = await run(['doctor', 'app.js'], {
    cwd: await application(),
    env: { NODE_ENV: 'production' },
  });
  const said = sample('doctor app.js');
  const checks = (text: string) =>
    [...text.matchAll(/^\w+ +(\S.*?) {2,}/gm)].map(([, name]) => name);
  expect(checks(stdout)).toStrictEqual(checks(said));
  const ofApp = (text: string) => /^ok +parts[^]*?(?=^ok +memory)/m.exec(text)?.[0];
  expect(ofApp(stdout)).toBe(ofApp(said));
});
