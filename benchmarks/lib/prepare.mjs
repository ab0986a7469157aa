// Makes the checkout ready to be measured: the workspace built, the competitors installed. Built-ins only.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));
const here = fileURLToPath(new URL('../', import.meta.url));

/** Builds what is stale and installs the competitors once per lock file; throws a sentence when a step fails. */
export function prepare() {
  run('building the workspace', process.execPath, ['scripts/ensure.mjs'], root);
  const lock = createHash('sha256')
    .update(readFileSync(`${here}package-lock.json`))
    .digest('hex');
  const stamp = `${here}node_modules/.catzilla-lock`;
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lock) return;
  run('installing the competitors', 'npm', ['ci', '--no-audit', '--no-fund'], here);
  writeFileSync(stamp, lock);
}

function run(title, command, args, cwd) {
  // npm is a .cmd file on Windows, which needs a shell; nothing here comes from outside.
  const shell = process.platform === 'win32' && command === 'npm';
  const { status, error } = spawnSync(command, args, { cwd, shell, stdio: 'inherit' });
  if (status !== 0) throw new Error(`${title} failed: ${error?.message ?? `exit code ${status}`}`);
}
