// Packages of Debian and Ubuntu: whether they can be installed here, and by which command. Built-ins only.
import { existsSync, readFileSync } from 'node:fs';
import { run } from './run.mjs';

/** Whether this system has apt-get.
 * @param file  an os-release file */
export function isDebian(file = '/etc/os-release') {
  const release = existsSync(file) ? readFileSync(file, 'utf8') : '';
  return /^ID(_LIKE)?=.*(debian|ubuntu)/m.test(release);
}

/** Whether packages may be installed without asking for a password. */
export function canInstall() {
  return isDebian() && process.getuid?.() === 0;
}

/** Installs packages. @throws Failure with what apt-get printed */
export async function aptInstall(packages) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const options = { env, capture: true };
  await run('apt-get', ['update', '-q'], options);
  await run('apt-get', ['install', '-qy', '--no-install-recommends', ...packages], options);
}
