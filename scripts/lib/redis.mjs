// The Redis (or Valkey) server that tests start for themselves: found where packages/bus/src/testing/binary.ts looks, else
// installed as root on Debian or Ubuntu, else the run stops with the one command that installs it. redis-tools is enough:
// its redis-check-rdb is the server under another name, and it starts no service. Built-ins only.
import { aptInstall, canInstall, isDebian } from './apt.mjs';
import { Failure, onPath } from './run.mjs';
import { note, step } from './steps.mjs';

/** Programs of which one is enough, and the Debian package that brings it; an entry of setup-system.mjs. */
export const REDIS = {
  any: ['redis-server', 'valkey-server', 'redis-check-rdb'],
  apt: ['redis-tools'],
};

/** Makes sure that tests can start a server.
 * @param env      environment to look in
 * @param system   what is known of the system, and how packages are installed
 * @throws Failure with the command that installs one */
export async function ensureRedis(env = process.env, system = thisSystem()) {
  if (env.CATZ_SKIP_REDIS === '1') {
    return note('redis', 'its tests are left out, as CATZ_SKIP_REDIS=1 says');
  }
  if (env.CATZ_TEST_REDIS) return note('redis', env.CATZ_TEST_REDIS);
  const found = REDIS.any.map((name) => onPath(name, env)).find((path) => path !== undefined);
  if (found !== undefined) return note('redis', found);
  if (!system.canInstall) {
    throw new Failure(
      `The tests need a Redis server: ${howTo(system)}\n` +
        'CATZ_TEST_REDIS=/path/to/redis-server names one that is elsewhere, CATZ_SKIP_REDIS=1 leaves its tests out.',
    );
  }
  await step('redis', `apt-get install ${REDIS.apt.join(' ')}`, () => system.install(REDIS.apt));
}

function howTo({ platform, isDebian: hasApt }) {
  if (platform === 'darwin') return 'brew install redis';
  if (platform === 'win32') return 'there is none for Windows, run them in WSL';
  const command = `apt-get install ${REDIS.apt.join(' ')}`;
  return hasApt ? `sudo ${command}` : `what Debian installs by ${command}`;
}

function thisSystem() {
  return {
    platform: process.platform,
    isDebian: isDebian(),
    canInstall: canInstall(),
    install: aptInstall,
  };
}
